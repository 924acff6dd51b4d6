#!/bin/sh
# OP-1: an installed unit in which systemd finds nothing to complain of, exposed to at most 1.2.
# Usage: check_unit.sh BUILD_DIR
set -eu
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

DESTDIR=$stage cmake --install "$1" --prefix /usr >/dev/null
complaints=$(systemd-analyze verify --root="$stage" --recursive-errors=no feedwired.service 2>&1) || true
if [ -n "$complaints" ]; then
  echo "systemd-analyze verify: $complaints"
  exit 1
fi
systemd-analyze security --offline=true --threshold=12 "$stage/usr/lib/systemd/system/feedwired.service" |
  grep -E '✗|exposure'
systemd-analyze security --offline=true --threshold=12 "$stage/usr/lib/systemd/system/feedwired.service" >/dev/null
