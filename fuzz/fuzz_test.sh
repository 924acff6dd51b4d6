#!/usr/bin/env bash
# Fuzzes all targets in turn, so many seconds of CPU each (20 minutes), and prints the rows of the
# table in fuzz/README.md. Usage: fuzz_test.sh SOURCE_DIR BUILD_DIR [SECONDS]
set -euo pipefail
source_dir=$1 build_dir=$2 seconds=${3:-1200}
bad=0
for name in $("$source_dir/dev" fuzz); do
  FEEDWIRE_BUILD=$build_dir "$source_dir/dev" fuzz "$name" "$seconds" || bad=1
done
"$source_dir/fuzz/table.sh" "$build_dir-fuzz"
exit "$bad"
