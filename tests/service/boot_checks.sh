#!/usr/bin/env bash
# Runs as root in the machine that boot_test.sh boots, and prints what it finds: the service is up,
# reloads, stops in time, comes back after kill -9 and a hang, and its log keeps every event.
set -euo pipefail

# shellcheck source=tests/service/service_checks.sh
source "$(dirname "$0")/service_checks.sh"

write_config() {
  {
    printf '[fetch]\nallow = ["127.0.0.0/8"]\n[schedule]\nfloor = "2s"\nmax_interval = "2s"\n'
    sed 's/.*/[[feed]]\nurl = "&"/' /run/sample-urls
    printf '[[feed]]\nurl = "http://127.0.0.1:8098/%s"\n' gb18030 shift_jis broken
  } >"$config"
}

# Documents that need a converter or a library which a worker cannot load any more.
make_files() {
  mkdir --parents /run/files
  encoded_file gb18030 第一条消息
  encoded_file shift_jis 最初の記事
  printf '<rss version="2.0"><channel><item><title>this & that</title></item><item><title>lost' \
    >/run/files/broken
}

encoded_file() { # ENCODING TITLE
  printf '<?xml version="1.0" encoding="%s"?><rss version="2.0"><channel>%s</channel></rss>' \
    "$1" "<item><title>$2</title></item>" | iconv --from-code=utf-8 --to-code="$1" >"/run/files/$1"
}

start_service() {
  make_files
  systemctl start samples files.socket
  within 10 test -s /run/sample-urls
  write_config
  systemctl start feedwired
}

check_start() {
  check "the unit starts" start_service
  check "it is active (running)" property_is SubState running
  check "it says what it does: $(property StatusText)" test -n "$(property StatusText)"
  check "the sample feeds' entries are logged" within 20 at_least entry.created 3
  check "each line is a CloudEvents document" every_line_is_an_event
  check "sequences are contiguous" sequences_are_contiguous
}

workers() {
  local comm
  for comm in /proc/[0-9]*/comm; do
    [[ $(<"$comm") != feedwire-parse ]] || printf '%s\n' "${comm%/comm}"
  done
}

# How many seccomp filters a process has: the workers have one of their own beside the unit's.
filters() { awk '$1 == "Seccomp_filters:" { print $2 }' "$1/status"; }

workers_are_confined() {
  local worker found=no
  while read -r worker; do
    found=yes
    (($(filters "$worker") == $(filters "/proc/$(property MainPID)") + 1)) || return 1
    grep --quiet '^Max address space  *536870912  *536870912 ' "$worker/limits" || return 1
  done < <(workers)
  [[ $found == yes ]]
}

has_entry() { # TITLE
  lines | jq --exit-status --slurp --arg title "$1" \
    'any(.type == "feedwire.entry.created" and ([.. | .title?] | any(. == $title)))' >/dev/null
}

check_workers() {
  check "the parse workers are confined within the unit's own filters" within 5 workers_are_confined
  check "a worker decodes GB 18030" within 20 has_entry 第一条消息
  check "a worker decodes Shift_JIS" within 20 has_entry 最初の記事
  check "a worker recovers broken XML" within 20 has_entry 'this & that'
  check "none of them came to grief" not sh -c \
    'journalctl --unit=feedwired --output=cat | grep "parse worker failed"'
}

check_users() {
  useradd --groups feedwire reader && useradd --groups feedwire-admin admin && useradd stranger
  check "a member of group feedwire reads the log" \
    runuser -u reader -- sh -c 'feedwire tail --format ndjson | grep -q entry.created'
  check "a stranger does not" not runuser -u stranger -- sh -c "cat $events/*.ndjson" 2>/dev/null
  check "a member of feedwire-admin reloads" runuser -u admin -- feedwire reload --wait
  check "a member of feedwire does not" not runuser -u reader -- feedwire reload --wait 2>/dev/null
}

check_reload() {
  local pid
  pid=$(property MainPID)
  printf '[[feed]]\nurl = "http://localhost:8099/added.xml"\n' >>"$config"
  check "systemctl reload takes a new feed over" systemctl reload feedwired
  check "the event log says so" within 5 at_least feed.added "$(grep --count '^url' "$config")"
  printf 'no_such_key = 1\n' >>"$config"
  check "systemctl reload of a mistake fails" not systemctl reload feedwired 2>/dev/null
  check "and the daemon runs on" property_is MainPID "$pid"
  check "the journal names the mistake" within 5 sh -c \
    'journalctl --unit=feedwired --output=cat | grep -q no_such_key'
  write_config
  check "a mended configuration is taken over" systemctl reload feedwired
}

check_stop() {
  local began=$EPOCHREALTIME
  systemctl stop feedwired
  local took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
  check "it stops within 5 s ($took ms)" test "$took" -le 5000
  check "and successfully" property_is Result success
  check "no process is left" no_process
  save_segments
  check "it starts again" systemctl start feedwired
  check "without changing a byte of the log" saved_bytes_are_unchanged
}

check_kill() {
  local round pid seen
  for round in 1 2 3; do
    pid=$(property MainPID) seen=$(count entry.created)
    check "entries go on coming" within 60 at_least entry.created "$((seen + 1))"
    save_segments
    kill -KILL "$pid"
    check "systemd restarts it after kill -9 (round $round)" within 20 main_pid_is_not "$pid"
    check "no byte of the log has changed" saved_bytes_are_unchanged
    check "sequences are contiguous" sequences_are_contiguous
  done
  check "and it polls on" within 20 at_least entry.created "$(($(count entry.created) + 1))"
  check "no entry is logged twice" test -z "$(lines | jq --raw-output .id | sort | uniq --repeated)"
}

check_watchdog() {
  local pid
  pid=$(property MainPID)
  kill -STOP "$pid"
  check "systemd restarts it when it hangs" within 30 main_pid_is_not "$pid"
}

check_bad_start() {
  printf 'no_such_key = 1\n' >>"$config"
  check "it does not start with a mistake" not systemctl restart feedwired 2>/dev/null
  sleep 3
  check "and systemd does not try again" property_is ActiveState failed
  write_config
  check "mended, it starts" systemctl restart feedwired
}

check_journal() {
  check "journal lines have their priority" sh -c \
    'journalctl --unit=feedwired --output=json _COMM=feedwired | jq --exit-status --slurp \
     "length > 0 and all(.MESSAGE | test(\"^<[0-7]>\") | not) and any(.PRIORITY == \"6\")" >/dev/null'
  check "and what is in them as fields" sh -c \
    'journalctl --unit=feedwired --output=json MESSAGE_ID=f7d1676d97814259b6970cffec7edfa7 | jq --exit-status --slurp \
     "length > 0 and all(.FEEDWIRE_FEEDS | test(\"^[0-9]+\"))" >/dev/null'
}

check_start
check_workers
check_users
check_reload
check_stop
check_kill
check_watchdog
check_bad_start
check_journal
echo "boot: all checks passed"
