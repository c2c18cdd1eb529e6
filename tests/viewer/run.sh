#!/usr/bin/env bash
# Runs the browser tests: run.sh <llmtrace program> <folder for what they need and leave> [traces|trace|keyboard|…]
# With `bench [--json FILE]` it measures instead. LLMTRACE_SLOW_FRAMES=300 draws each frame 300 ms late, and
# LLMTRACE_SLOW_ANSWERS=400 delays what the page fetches: a test that reads too early then fails each time.
# 77 says that they could not run here; ctest shows that as "skipped".
set -euo pipefail

program=$1
folder=$(mkdir -p "$2" && cd "$2" && pwd)
shift 2
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

skip() {
  echo "skipped: $*"
  exit 77
}

find_browser() {
  local name
  for name in ${LLMTRACE_CHROMIUM:-} chromium chromium-browser google-chrome; do
    if command -v "$name"; then return 0; fi
  done
  return 1
}

command -v node >/dev/null || skip "there is no node on this machine (Debian: nodejs)"
command -v npm >/dev/null || skip "there is no npm on this machine (Debian: npm)"
browser=$(find_browser) || skip "there is no Chromium on this machine (Debian: chromium); LLMTRACE_CHROMIUM may name one"

if ! cmp -s "$here/package-lock.json" "$folder/package-lock.json" || [[ ! -d $folder/node_modules/playwright-core ]]; then
  cp "$here/package.json" "$here/package-lock.json" "$folder/"
  npm --prefix "$folder" ci --no-audit --no-fund --ignore-scripts || {
    rm -f "$folder/package-lock.json"
    echo "npm could not fetch playwright-core, which drives the browser" >&2
    exit 1
  }
fi

export LLMTRACE_PROGRAM=$program LLMTRACE_BROWSER=$browser LLMTRACE_FOLDER=$folder
if [[ ${1:-} == bench ]]; then
  shift
  exec node "$here/bench.mjs" "$@"
fi
exec node "$here/all_tests.mjs" "$@"
