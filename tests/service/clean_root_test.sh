#!/usr/bin/env bash
# The README's two commands in a bare Debian 12: ./dev test and ./dev run --once, from a copy of the
# sources alone. Usage: clean_root_test.sh SOURCE_DIR BUILD_DIR (the latter is not used)
set -euo pipefail
source_dir=$1
# shellcheck source=tests/support/debian_root.sh
source "$source_dir/tests/support/debian_root.sh"
# shellcheck source=tests/support/copy_sources.sh
source "$source_dir/tests/support/copy_sources.sh"

root=$cache/clean-root
copy_root "$(bare_root)" "$root"
trap 'rm -rf --one-file-system "$root"' EXIT

mkdir "$root/feedwire"
copy_sources "$source_dir" "$root/feedwire"

in_root "$root" /feedwire/dev test
in_root "$root" /feedwire/dev run --once | tee "$root/summary"
grep --quiet --extended-regexp '^first pass: 5 feeds polled, 0 failed; entries: [1-9][0-9]* created' "$root/summary"
echo "clean root: both commands work"
