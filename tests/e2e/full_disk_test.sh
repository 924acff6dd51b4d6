#!/usr/bin/env bash
# Fills the disk under a busy daemon, again and again.
# Usage: full_disk_test.sh SOURCE_DIR BUILD_DIR [ROUNDS] (where a tmpfs may be mounted)
set -euo pipefail
export FEEDWIRE_MAY_MOUNT=1 FEEDWIRE_FULL_DISK_ROUNDS=${3:-50}
exec "$2/bin/e2e_test" '[full-disk]'
