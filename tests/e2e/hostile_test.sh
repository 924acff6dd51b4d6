#!/usr/bin/env bash
# Hostile servers for longer than the daily test has time for.
# Usage: hostile_test.sh SOURCE_DIR BUILD_DIR [SECONDS]
set -euo pipefail
FEEDWIRE_HOSTILE_SECONDS=${3:-300} exec "$2/bin/e2e_test" '[hostile]'
