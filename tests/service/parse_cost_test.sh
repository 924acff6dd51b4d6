#!/usr/bin/env bash
# The cost of a document is linear at larger sizes than the daily test has time for.
# Usage: parse_cost_test.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
exec "$2/bin/parse-cost" 32768
