# shellcheck shell=bash
# Bare Debian 12 roots for the long tests; sourced. Needs root and debootstrap.

cache=${FEEDWIRE_CACHE:-/var/cache/feedwire-soak}

# bare_root: prints the path of a minimal Debian 12, made once and never changed. It reaches the
# same package mirror as this machine.
bare_root() {
  local root=$cache/bookworm
  if [[ ! -d $root ]]; then
    mkdir -p "$cache"
    rm -rf "$root.part"
    debootstrap --variant=minbase bookworm "$root.part" "$(our_mirror)" >"$cache/debootstrap.log" 2>&1 || {
      tail "$cache/debootstrap.log" >&2
      return 1
    }
    reach_our_mirror "$root.part"
    mv "$root.part" "$root"
  fi
  printf '%s\n' "$root"
}

# shellcheck disable=SC2016  # a template of apt's
our_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Component: main' \
    'Created-By: Packages' | head --lines=1
}

reach_our_mirror() { # ROOT
  local from
  for from in /etc/resolv.conf /etc/hosts /etc/apt/apt.conf.d /etc/apt/auth.conf.d \
    /etc/ssl/certs /usr/local/share/ca-certificates; do
    [[ -e $from ]] || continue
    mkdir -p "$(dirname "$1$from")"
    cp --recursive --dereference --no-target-directory "$from" "$1$from"
  done
}

# copy_root FROM TO: replaces TO.
copy_root() {
  rm -rf --one-file-system "$2"
  cp --archive --reflink=auto "$1" "$2"
}

# in_root ROOT COMMAND [ARG…]: with /proc and /dev of its own, gone when the command ends.
in_root() {
  local root=$1
  shift
  # shellcheck disable=SC2016  # the inner shell expands them
  unshare --mount --pid --fork --kill-child bash -c '
    mount --types proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    exec chroot "$0" env --ignore-environment HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
  ' "$root" "$@"
}

apt_in_root() { # ROOT PACKAGE…
  local root=$1
  shift
  if ! {
    in_root "$root" apt-get --quiet --quiet update &&
      in_root "$root" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet install --yes \
        --no-install-recommends "$@"
  } &>"$cache/apt.log"; then
    tail "$cache/apt.log" >&2
    return 1
  fi
}

# boot_root ROOT SECONDS COMMAND: boots the root with systemd and a loopback of its own, runs the command
# in there, powers off, and prints what the command printed (ROOT/checks.log) or else the console.
boot_root() {
  cat >"$1/etc/systemd/system/checks.service" <<UNIT
[Unit]
After=multi-user.target
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
ExecStart=$3
StandardOutput=truncate:/checks.log
StandardError=inherit
[Install]
WantedBy=default.target
UNIT
  systemctl --root="$1" enable checks.service 2>/dev/null
  timeout --kill-after=10 "$2" systemd-nspawn --quiet --directory="$1" --boot --register=no \
    --keep-unit --private-network </dev/null &>"$1/console.log" || true
  cat "$1/checks.log" 2>/dev/null || tail --lines=40 "$1/console.log"
}
