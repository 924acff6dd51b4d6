#!/usr/bin/env bash
# OP-18: installs the package into a Debian 12 root that is booted with systemd, and runs
# package_checks.sh in there: install, reload, upgrade, kill, remove, purge.
# Usage: package_test.sh SOURCE_DIR BUILD_DIR [PACKAGE] (as root; needs debootstrap and systemd-nspawn)
# Without PACKAGE it is built by ./dev package.
set -euo pipefail
source_dir=$1 build_dir=$2
# shellcheck source=tests/support/debian_root.sh
source "$source_dir/tests/support/debian_root.sh"

# A root with all that the package needs, which can boot; kept for the next time.
package_root() { # PACKAGE
  local root=$cache/bookworm-package needed
  needed=$(dpkg-deb --field "$1" Depends)
  [[ -d $root ]] || { copy_root "$(bare_root)" "$root.part" && mv "$root.part" "$root"; }
  if [[ $needed != "$(cat "$root/feedwire-depends" 2>/dev/null)" ]]; then
    apt_in_root "$root" systemd systemd-sysv jq man-db
    in_root "$root" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet satisfy --yes \
      --no-install-recommends "$needed" &>"$cache/apt.log" || {
      tail "$cache/apt.log" >&2
      return 1
    }
    printf '%s\n' "$needed" >"$root/feedwire-depends"
  fi
  printf '%s\n' "$root"
}

# The same package as a later version, whose configuration file has changed too.
make_upgrade() { # PACKAGE NEW_PACKAGE
  local tree
  tree=$(mktemp --directory)
  dpkg-deb --raw-extract "$1" "$tree"
  sed --in-place 's/^Version: .*/&+upgrade/' "$tree/DEBIAN/control"
  printf '\n# Of the later version.\n' >>"$tree/etc/feedwire/feedwired.toml"
  dpkg-deb --root-owner-group -Zgzip --build "$tree" "$2" >/dev/null
  rm -rf "$tree"
}

package=${3:-$(FEEDWIRE_BUILD=$build_dir "$source_dir/dev" package)}
base=$(package_root "$package")
root=$cache/package-root
copy_root "$base" "$root"
trap 'rm -rf --one-file-system "$root"' EXIT

mkdir "$root/packages"
cp "$package" "$root/packages/first.deb"
make_upgrade "$package" "$root/packages/second.deb"
mkdir -p "$root/checks"
install "$build_dir/bin/feedwire-sample-server" "$source_dir"/tests/service/service_checks.sh \
  "$source_dir/tests/package/package_checks.sh" "$root/checks/"
cat >"$root/etc/systemd/system/samples.service" <<'UNIT'
[Service]
ExecStart=/checks/feedwire-sample-server --port 8099 --every 1s
StandardOutput=truncate:/run/sample-urls
UNIT

boot_root "$root" 600 /checks/package_checks.sh
grep --quiet '^package: all checks passed$' "$root/checks.log"
