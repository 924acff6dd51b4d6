#!/bin/sh
# OP-1: an installed unit in which systemd finds nothing to complain of, exposed to at most 1.2. OP-2:
# whom it runs as, and what it may keep. OP-4: the drop-in against private networks.
# Usage: check_unit.sh BUILD_DIR
set -eu
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

DESTDIR=$stage cmake --install "$1" --prefix /usr >/dev/null
verify() {
  complaints=$(systemd-analyze verify --root="$stage" --recursive-errors=no feedwired.service 2>&1) || true
  [ -z "$complaints" ] || { echo "systemd-analyze verify$1: $complaints"; exit 1; }
}
verify ""
install -D --mode=644 "$stage/usr/share/doc/feedwire/examples/systemd/no-private-networks.conf" \
  "$stage/etc/systemd/system/feedwired.service.d/no-private-networks.conf"
verify " with the drop-in"
for line in User=feedwire Group=feedwire UMask=0027 StateDirectory=feedwire StateDirectoryMode=0750 \
  RuntimeDirectory=feedwire RuntimeDirectoryMode=0755; do
  grep --quiet --line-regexp "$line" "$stage/usr/lib/systemd/system/feedwired.service" || { echo "no $line"; exit 1; }
done
for name in feedwire feedwire-admin; do
  grep --quiet --extended-regexp "^[ug] +$name( |\$)" "$stage/usr/lib/sysusers.d/feedwire.conf" || { echo "no user or group $name"; exit 1; }
done
systemd-analyze security --offline=true --threshold=12 "$stage/usr/lib/systemd/system/feedwired.service" |
  grep -E '✗|exposure'
systemd-analyze security --offline=true --threshold=12 "$stage/usr/lib/systemd/system/feedwired.service" >/dev/null
