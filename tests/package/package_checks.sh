#!/usr/bin/env bash
# Runs as root in the machine that package_test.sh boots, and prints what it finds.
set -euo pipefail
# shellcheck source=tests/service/service_checks.sh
source "$(dirname "$0")/service_checks.sh"

export DEBIAN_FRONTEND=noninteractive HOME=/root
output=/run/output

# What a command says is shown if it fails, or if it ought to have nothing to say.
quietly() { "$@" &>"$output" || { cat "$output" && return 1; }; }
silent() { quietly "$@" && not grep . "$output"; }
# As for an operator who is not there to ask: an edited configuration stays.
install_package() { quietly dpkg --force-confdef --force-confold --install "/packages/$1.deb"; }
is_active() { [[ $(systemctl is-active feedwired) == active ]]; }
is_enabled() { [[ $(systemctl is-enabled feedwired 2>/dev/null) == enabled ]]; }
status() { feedwire status --json | jq --exit-status "$@" >/dev/null; }
has_no_duplicate() { [[ -z $(lines | jq --raw-output .id | sort | uniq --repeated) ]]; }
tail_shows_entries() { feedwire tail --type entry.created | jq --exit-status .id >/dev/null; }

are_gone() { # PATH…
  local path
  for path in "$@"; do
    [[ ! -e $path ]] || { echo "$path is there" && return 1; }
  done
}

# What is on the disk, but for what belongs to dpkg, the journal and systemd's own business.
all_files() {
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp \
    -o -path /checks.log -o -path /console.log -o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \
    -o -path /var/lib/systemd/timers -o -path '/etc/*-' -o -path '/etc/.pwd.lock' \) -prune -o -print | sort
}

check_install() {
  all_files >/run/before
  check "the package installs" install_package first
  check "the service is enabled" is_enabled
  check "and active, with a configuration that names no feed" within 20 is_active
  check "it is ready" within 20 status '.ready and .feeds == 0'
  check "its configuration is in order" quietly feedwired --check
}

page_is_shown() { man --warnings --encoding=UTF-8 "$1" 2>&1 >/run/page | tee "$output" | not grep . && [[ -s /run/page ]]; }

reads_broken_xml() {
  printf '<rss version="2.0"><channel><item><title>this & that</title></item><item><title>lost' |
    feedwire parse - 2>"$output" | jq --exit-status '.items[0].title == "this & that"' >/dev/null
}

check_files() {
  local page shell_file
  check "systemd-analyze verify is silent" silent systemd-analyze verify feedwired.service
  check "exposure is at most 1.2: $(systemd-analyze security feedwired.service --no-pager | tail --lines=1)" \
    quietly systemd-analyze security --no-pager --threshold=12 feedwired.service
  for page in feedwire feedwired feedwired.toml feedwire-events; do
    check "man $page" page_is_shown "$page"
  done
  for shell_file in bash-completion/completions/feedwire bash-completion/completions/feedwired \
    zsh/vendor-completions/_feedwire fish/vendor_completions.d/feedwire.fish; do
    check "completions: $shell_file" test -s "/usr/share/$shell_file"
  done
  check "what dpkg installed is as it was built" silent dpkg --verify feedwire
  check "broken XML is read, by a library loaded by name" reads_broken_xml
}

# A reload takes feeds over, with settings of their own. The floor, which a restart takes over, is how
# long a feed that was due is left alone after a crash.
add_feeds() {
  systemctl start samples
  within 20 test -s /run/sample-urls
  sed --in-place 's/^floor = .*/floor = "2s"/' "$config"
  sed 's|.*|[[feed]]\nurl = "&"\nallow = ["127.0.0.0/8"]\ninterval = "2s"|' /run/sample-urls >>"$config"
}

check_reload() {
  check "sample feeds are served: $(add_feeds && wc --lines </run/sample-urls)" test -s /run/sample-urls
  check "feedwire reload --wait takes them over" quietly feedwire reload --wait
  check "their entries are logged" within 60 at_least entry.created 3
  check "feedwire tail shows them" within 10 tail_shows_entries
  printf '[[feed]]\nurl = "http://localhost:8099/added.xml"\n' >>"$config"
  check "systemctl reload takes one more over" quietly systemctl reload feedwired
  check "the log says so" within 10 at_least feed.added "$(grep --count '^url' "$config")"
}

check_upgrade() {
  local pid before
  pid=$(property MainPID) before=$(dpkg-query --show --showformat '${Version}' feedwire)
  cp "$config" /run/edited.toml
  save_segments
  check "a later package installs over it" install_package second
  check "version $before became $(dpkg-query --show --showformat '${Version}' feedwire)" \
    dpkg --compare-versions "$(dpkg-query --show --showformat '${Version}' feedwire)" gt "$before"
  check "the edited configuration is untouched" cmp /run/edited.toml "$config"
  check "what the package would have put there lies beside it" grep --quiet 'later version' "$config.dpkg-dist"
  check "the service was restarted" within 20 main_pid_is_not "$pid"
  check "it is active and enabled" eval 'is_active && is_enabled'
  check "no byte of the log has changed" saved_bytes_are_unchanged
  check "it polls on" within 60 at_least entry.created "$(($(count entry.created) + 1))"
}

check_kill() {
  local pid
  pid=$(property MainPID)
  save_segments
  kill -KILL "$pid"
  check "systemd restarts it after kill -9" within 30 main_pid_is_not "$pid"
  check "no byte of the log has changed" saved_bytes_are_unchanged
  check "it polls on" within 60 at_least entry.created "$(($(count entry.created) + 1))"
  check "sequences are contiguous" sequences_are_contiguous
  check "no event is logged twice" has_no_duplicate
}

check_remove() {
  save_segments
  check "the package is removed" quietly dpkg --remove feedwire
  check "no process is left" no_process
  check "no program is left" are_gone /usr/bin/feedwire /usr/bin/feedwired /usr/libexec/feedwire
  check "the state is kept" saved_bytes_are_unchanged
  check "the configuration is kept" cmp /run/edited.toml "$config"
  save_segments
  check "installed again" install_package second
  check "it goes on with both" within 60 at_least entry.created "$(($(count entry.created) + 1))"
  check "no byte of the log has changed" saved_bytes_are_unchanged
}

unit_is_unknown() { [[ $(systemctl show --property=LoadState --value feedwired) == not-found ]]; }

check_purge() {
  touch /etc/feedwire/conf.d.note
  check "the package is purged" quietly dpkg --purge feedwire
  check "no process is left" no_process
  check "the unit is unknown" unit_is_unknown
  check "no configuration and no state is left" are_gone /etc/feedwire /var/lib/feedwire /run/feedwire
  all_files >/run/after
  check "nor any other file" silent diff /run/before /run/after
  check "the user stays, lest its number be given to another" quietly getent passwd feedwire
}

check_install
check_files
check_reload
check_upgrade
check_kill
check_remove
check_purge
echo "package: all checks passed"
