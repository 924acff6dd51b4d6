#!/usr/bin/env bash
# More power cuts than the daily test has time for.
# Usage: power_test.sh SOURCE_DIR BUILD_DIR [LOSSES]
set -euo pipefail
FEEDWIRE_POWER_LOSSES=${3:-300} exec "$2/bin/e2e_test" '[power]'
