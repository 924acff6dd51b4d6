#!/usr/bin/env bash
# kill -9 of the daemon more often than the daily test has time for.
# Usage: kills_test.sh SOURCE_DIR BUILD_DIR [KILLS]
set -euo pipefail
FEEDWIRE_KILLS=${3:-1000} exec "$2/bin/e2e_test" '[kill]'
