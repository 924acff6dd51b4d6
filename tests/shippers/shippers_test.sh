#!/usr/bin/env bash
# rsyslog and syslog-ng on our event log for longer than the daily test has time for.
# Usage: shippers_test.sh SOURCE_DIR BUILD_DIR [ROUNDS]
set -euo pipefail
FEEDWIRE_SHIPPER_ROUNDS=${3:-100} exec "$2/bin/shippers_test"
