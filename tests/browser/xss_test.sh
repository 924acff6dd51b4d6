#!/usr/bin/env bash
# Shows Chromium the attacks of tests/data/xss.txt, raw and sanitised: see xss.mjs.
# Usage: xss_test.sh SOURCE_DIR BUILD_DIR (needs chromium, node and npm)
set -euo pipefail
source_dir=$1 build_dir=$2
dir=$build_dir/browser
mkdir -p "$dir"
cp "$source_dir"/tests/browser/*.{json,mjs} "$dir"
npm --prefix "$dir" ci --ignore-scripts --no-audit --no-fund --silent
node "$dir/xss.mjs" "$source_dir/tests/data/xss.txt" "$build_dir/bin/feedwire-parse"
