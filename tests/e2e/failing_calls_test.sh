#!/usr/bin/env bash
# Lets every single call that changes a file of the store fail once, with EIO and with ENOSPC.
# Usage: failing_calls_test.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
export FEEDWIRE_FAILING_CALLS=all
"$2/bin/storage_test" '[failing]'
"$2/bin/e2e_test" '[failing_calls]'
