#!/usr/bin/env bash
# The daemon simulated from more seeds than the daily test has time for; with HOURS for longer than
# a day each.
# Usage: simulation_test.sh SOURCE_DIR BUILD_DIR [SEEDS [HOURS]]
set -euo pipefail
build_dir=$2 seeds=${3:-10000} hours=${4:-24}
half=$(((seeds + 1) / 2))
"$build_dir/bin/feedwire-sim" --quiet --seed 100000 --count "$half" --hours "$hours" &
other=$!
bad=0
"$build_dir/bin/feedwire-sim" --quiet --seed 200000 --count "$half" --hours "$hours" || bad=1
wait "$other" || bad=1
exit "$bad"
