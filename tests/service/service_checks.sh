# shellcheck shell=bash
# What the checks within a booted root share; sourced there.

# shellcheck disable=SC2034  # of those that source this
config=/etc/feedwire/feedwired.toml
events=/var/lib/feedwire/events

check() { # SENTENCE COMMAND [ARG…]
  local sentence=$1
  shift
  if "$@"; then
    echo "ok    $sentence"
  else
    echo "FAIL  $sentence"
    echo "--- the journal"
    journalctl --unit=feedwired --no-pager --lines=60
    exit 1
  fi
}

within() { # SECONDS COMMAND [ARG…]: whether the command succeeds in that time
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

not() { ! "$@"; }
property() { systemctl show --property="$1" --value feedwired; }
property_is() { [[ $(property "$1") == "$2" ]]; }
# Both of one moment: what was running when asked for the first may be gone at the second.
main_pid_is_not() { # PID: whether the service runs, as another process
  local properties
  properties=$'\n'$(systemctl show --property=MainPID,SubState feedwired)$'\n'
  [[ $properties == *$'\nSubState=running\n'* &&
    $properties != *$'\nMainPID=0\n'* && $properties != *$'\nMainPID='$1$'\n'* ]]
}

# A line counts once its LF is there: the daemon may be writing one.
lines() { perl -ne 'print if /\n\z/' "$events"/*.ndjson; }
count() { lines | grep --count --fixed-strings "\"type\":\"feedwire.$1\"" || true; }
at_least() { (($(count "$1") >= $2)); }
every_line_is_an_event() { lines | jq --exit-status --slurp 'all(.specversion == "1.0")' >/dev/null; }
sequences_are_contiguous() {
  lines | jq --raw-output .sequence | awk '$1 + 0 != NR { bad = 1 } END { exit bad || NR == 0 }'
}
# Whether each segment saved by save_segments still begins with what was saved.
save_segments() { rm -rf /run/saved && cp --recursive --no-dereference "$events" /run/saved; }
saved_bytes_are_unchanged() {
  local saved
  for saved in /run/saved/*.ndjson; do
    cmp --bytes="$(stat --format=%s "$saved")" "$saved" "$events/${saved##*/}" || return 1
  done
}

no_process() { ! grep --quiet --line-regexp 'feedwired\|feedwire-parse' /proc/[0-9]*/comm; }
