#!/usr/bin/env bash
# Installs feedwire into a Debian 12 root, boots that with systemd and runs boot_checks.sh in there.
# Usage: boot_test.sh SOURCE_DIR BUILD_DIR (as root; needs debootstrap and systemd-nspawn)
set -euo pipefail
source_dir=$1 build_dir=$2
# shellcheck source=tests/support/debian_root.sh
source "$source_dir/tests/support/debian_root.sh"

programs=(feedwired feedwire-tool feedwire-parse feedwire-sample-server)

# The packages whose libraries the programs load, as dpkg-shlibdeps would find them.
library_packages() {
  local libraries
  libraries=$(ldd "${programs[@]/#/$build_dir/bin/}" | awk '$2 == "=>" { print $3 }' | sort -u)
  # Debian's files lie in /usr although old packages list them under /lib.
  xargs -n1 realpath <<<"$libraries" | sort -u |
    while read -r path; do
      dpkg-query --search "$path" 2>/dev/null || dpkg-query --search "${path#/usr}"
    done | sed 's/:.*//' | sort -u
}

# A root that can boot, kept for the next time.
service_root() {
  local root=$cache/bookworm-service packages
  mapfile -t packages < <(library_packages)
  packages+=(libuchardet0 libxml2) # which feedwire-parse loads by itself
  packages+=(systemd systemd-sysv jq)
  [[ -d $root ]] || { copy_root "$(bare_root)" "$root.part" && mv "$root.part" "$root"; }
  in_root "$root" dpkg-query --show "${packages[@]}" &>/dev/null || apt_in_root "$root" "${packages[@]}"
  printf '%s\n' "$root"
}

install_feedwire() { # ROOT
  DESTDIR=$1 cmake --install "$build_dir" --prefix /usr >/dev/null
  install "$build_dir/bin/feedwire-sample-server" "$1/usr/local/bin/"
  install "$source_dir"/tests/service/{boot,service}_checks.sh "$1/usr/local/bin/"
}

add_test_units() { # ROOT
  cat >"$1/etc/systemd/system/samples.service" <<'UNIT'
[Service]
ExecStart=/usr/local/bin/feedwire-sample-server --port 8099 --every 1s
StandardOutput=truncate:/run/sample-urls
UNIT
  # A server of files: one connection is one process.
  cat >"$1/usr/local/bin/serve_file" <<'SCRIPT'
#!/bin/bash
read -r _ path _
while read -r line && [[ $line != $'\r' ]]; do :; done
printf 'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n'
cat "/run/files$path"
SCRIPT
  chmod 755 "$1/usr/local/bin/serve_file"
  printf '[Socket]\nListenStream=127.0.0.1:8098\nAccept=yes\n' >"$1/etc/systemd/system/files.socket"
  printf '[Service]\nExecStart=/usr/local/bin/serve_file\nStandardInput=socket\n' \
    >"$1/etc/systemd/system/files@.service"
  # The watchdog's own check need not take half a minute.
  mkdir -p "$1/etc/systemd/system/feedwired.service.d"
  printf '[Service]\nWatchdogSec=4s\n' >"$1/etc/systemd/system/feedwired.service.d/watchdog.conf"
}

base=$(service_root)
root=$cache/boot-root
copy_root "$base" "$root"
trap 'rm -rf --one-file-system "$root"' EXIT
install_feedwire "$root"
add_test_units "$root"

boot_root "$root" 300 /usr/local/bin/boot_checks.sh
grep --quiet '^boot: all checks passed$' "$root/checks.log"
