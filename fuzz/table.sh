#!/usr/bin/env bash
# Adds up the runs in BUILD_DIR/runs.tsv, a row a target, as fuzz/README.md has them.
# Usage: table.sh BUILD_DIR
set -euo pipefail
sort "$1/runs.tsv" | awk -F '\t' '
  function row() { if (name) printf "| %s | %.1f | %d | %d | %d |\n", name, cpu / 60, runs, edges, findings }
  $1 != name { row(); name = $1; cpu = runs = edges = findings = 0 }
  { cpu += $2; runs += $3; if ($4 > edges) edges = $4; findings += $5 }
  END { row() }'
