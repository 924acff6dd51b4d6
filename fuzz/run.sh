#!/usr/bin/env bash
# Runs a fuzz target until it has used SECONDS of CPU and adds a line to BUILD_DIR/runs.tsv: name,
# seconds of CPU, executions, edges of the code that its corpus reaches, findings. Fails at the first
# finding; its input is then beside that file.
# Usage: run.sh BUILD_DIR NAME SECONDS
set -euo pipefail
build_dir=$1 name=$2 seconds=$3
seeds=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
log=$build_dir/$name.log corpus=$build_dir/corpus/$name
mkdir -p "$corpus"

# libFuzzer's own limits are the last resort: the targets measure themselves (fuzz/harness.h).
options=(-max_len=4096 -timeout=60 -rss_limit_mb=1024 -print_final_stats=1
  -artifact_prefix="$build_dir/crash-$name-")
[[ ! -f $seeds/$name.dict ]] || options+=(-dict="$seeds/$name.dict")
export ASAN_OPTIONS=quarantine_size_mb=32 UBSAN_OPTIONS=print_stacktrace=1

run_once() { # WALL_SECONDS: sets status, and used to hundredths of a second of CPU
  local TIMEFORMAT='%U %S' user system
  status=0
  { time "$build_dir/bin/${name}_fuzz" "${options[@]}" -max_total_time="$1" \
    "$corpus" "$seeds/corpus/$name" &>"$log" || status=$?; } 2>"$log.time"
  read -r user system <"$log.time"
  used=$((10#${user/./} / 10 + 10#${system/./} / 10))
}

note_run() {
  local executions edges
  executions=$(awk '/^stat::number_of_executed_units/ { print $2 }' "$log")
  edges=$(grep --text --only-matching 'cov: [0-9]*' "$log" | tail -n 1)
  printf '%s\t%d.%02d\t%d\t%d\t%d\n' "$name" $((used / 100)) $((used % 100)) \
    "${executions:-0}" "${edges#cov: }" "$((status != 0))" >>"$build_dir/runs.tsv"
}

# On a busy machine the time that passes is not what the target gets.
for ((left = seconds * 100; left > 0; left -= used)); do
  run_once $((left / 100 < 30 ? 30 : left / 100))  # a shorter run would only read its corpus
  note_run
  if ((status != 0)); then
    grep --text --extended-regexp 'fuzz: |ERROR|runtime error|^    #|written to' "$log" >&2
    exit 1
  fi
done
