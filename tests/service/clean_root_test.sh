#!/usr/bin/env bash
# The README's two commands in a bare Debian 12: ./dev test and ./dev run --once, from a copy of the
# sources alone. Usage: clean_root_test.sh SOURCE_DIR BUILD_DIR (the latter is not used)
set -euo pipefail
source_dir=$1
# shellcheck source=tests/support/debian_root.sh
source "$source_dir/tests/support/debian_root.sh"

root=$cache/clean-root
copy_root "$(bare_root)" "$root"
trap 'rm -rf --one-file-system "$root"' EXIT

# What a clone would hold: what git knows, or where there is no git, all but the build folders.
mkdir "$root/feedwire"
if git -C "$source_dir" rev-parse >/dev/null 2>&1; then
  git -C "$source_dir" ls-files -z --cached --others --exclude-standard |
    tar --create --directory "$source_dir" --null --files-from - | tar --extract --directory "$root/feedwire"
else
  tar --create --directory "$source_dir" --exclude './build*' . | tar --extract --directory "$root/feedwire"
fi

in_root "$root" /feedwire/dev test
in_root "$root" /feedwire/dev run --once | tee "$root/summary"
grep --quiet --extended-regexp '^first pass: 5 feeds polled, 0 failed; entries: [1-9][0-9]* created' "$root/summary"
echo "clean root: both commands work"
