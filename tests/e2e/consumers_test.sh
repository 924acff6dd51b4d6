#!/usr/bin/env bash
# Kills daemon and consumers for longer than the daily test has time for.
# Usage: consumers_test.sh SOURCE_DIR BUILD_DIR [KILLS]
set -euo pipefail
FEEDWIRE_KILLS=${3:-200} exec "$2/bin/e2e_test" "[consumers]"
