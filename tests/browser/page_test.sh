#!/usr/bin/env bash
# Looks at the daemon's page in Chromium: see page.mjs. FEEDWIRE_SCREENSHOTS names a folder to keep what was seen in.
# Usage: page_test.sh SOURCE_DIR BUILD_DIR (needs chromium, node and npm; ends with 77 where they are missing)
set -euo pipefail
source_dir=$1 build_dir=$2
for program in chromium node npm; do
  if ! command -v "$program" >/dev/null; then
    echo "skipped: $program is not here; ./dev soak page installs it" >&2
    exit 77
  fi
done
dir=$build_dir/browser
mkdir -p "$dir"
cp "$source_dir"/tests/browser/*.{json,mjs} "$dir"
# What is there already is not fetched again.
if ! cmp --silent "$dir/package-lock.json" "$dir/node_modules/.installed"; then
  npm --prefix "$dir" ci --ignore-scripts --no-audit --no-fund --silent
  cp "$dir/package-lock.json" "$dir/node_modules/.installed"
fi
exec node "$dir/page.mjs" "$build_dir/bin"
