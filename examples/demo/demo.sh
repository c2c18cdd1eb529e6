#!/usr/bin/env bash
# demo.sh BIN [--once] [--port N]: the first minute with llmtrace. Starts the collector and a provider of LLM answers that
# needs no network, runs an agent, shows its trace here and says where it can be seen in a browser. With
# --once, or without a terminal, it ends when the trace was stored and read back; otherwise Ctrl-C ends it.
set -euo pipefail

usage() {
  echo "usage: ./dev demo [--once] [--port N]" >&2
  exit 2
}

[[ $# -ge 1 ]] || usage
readonly bin=$1
shift
once=false
wanted_port=8001
[[ -t 1 ]] || once=true
while [[ $# -gt 0 ]]; do
  case $1 in
    --once) once=true ;;
    --port)
      [[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] || usage
      wanted_port=$2
      shift
      ;;
    *) usage ;;
  esac
  shift
done
readonly patience=30  # seconds that a program may take to start, on a machine that is busy

say() { printf '== %s\n' "$*"; }
fail() {
  printf 'the demo failed: %s\n' "$*" >&2
  [[ ! -s $directory/log ]] || sed 's/^/  /' "$directory/log" >&2
  exit 1
}

# Nothing of what somebody has set for programs of their own.
forget_settings() {
  local name
  for name in "${!TRACER_@}" "${!TRACING_@}" TRACEPARENT TRACESTATE http_proxy HTTP_PROXY https_proxy HTTPS_PROXY \
    all_proxy ALL_PROXY; do
    unset "$name"
  done
}

directory=
children=()
clean_up() {
  local child
  trap '' INT TERM
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
  [[ -z $directory ]] || rm -rf "$directory"
}

# start COMMAND…: in the background; its lines can be read from $output, its number is $child.
start() {
  exec {output}< <(exec "$@" 2>>"$directory/log")
  child=$!
  children+=("$child")
}

# read_line_with TEXT: the first line of $output that has it, as $line.
read_line_with() {
  line=
  while read -r -t "$patience" -u "$output" line; do
    [[ $line != *"$1"* ]] || return 0
  done
  return 1
}

# What listens on a port: "llmtrace", "something else", or nothing at all.
neighbour_on() {
  local answer=
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || return 0
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 0
  printf 'GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3 || true
  answer=$(timeout 2 head -c 4096 <&3 2>/dev/null | tr -d '\0 ' || true)
  exec 3<&- 3>&-
  [[ $answer == *'"service":"llmtrace"'* ]] && echo llmtrace || echo "something else"
}

serve_on() {
  start "$bin/llmtrace" serve --port "$1" --db "$directory/traces.db"
  read_line_with viewer || return 1
  url=$(sed -n 's|^ *viewer *\(http://[^ /]*\)/*$|\1|p' <<<"$line")
  [[ -n $url ]]
}

start_collector() {
  local neighbour
  if ! $once; then
    neighbour=$(neighbour_on "$wanted_port")
    if [[ -z $neighbour ]]; then
      if serve_on "$wanted_port"; then return; fi
      neighbour="something else"  # it was faster than we
    fi
    say "port $wanted_port belongs to ${neighbour/#llmtrace/another llmtrace}, so the demo takes a free one"
  fi
  serve_on 0 || fail "the collector did not start"
}

start_provider() {
  start "$bin/fake_provider"
  read_line_with listening || fail "the provider did not start"
  provider=${line##* }
}

run_agent() {
  trace=$(TRACER_URL="$url" PROVIDER_URL="$provider" "$bin/demo_agent" 2>>"$directory/log") ||
    fail "the agent ended with $?"
  [[ $trace =~ ^[0-9a-f]{32}$ ]] || fail "the agent said: $trace"
}

# That it can be read back is the proof that it was stored.
show_trace() {
  local shown
  shown=$("$bin/llmtrace" show "$trace" --url "$url" --project demo) || fail "the trace cannot be read back"
  [[ $shown == *check_tone* ]] || fail "the trace is not whole"
  if [[ -t 1 ]]; then
    "$bin/llmtrace" show "$trace" --url "$url" --project demo
  else
    printf '%s\n' "$shown"
  fi
}

wait_for_the_end() {
  say "in the browser: $url/traces/$trace?project=demo"
  say "your own programs: TRACER_URL=$url    all that is kept here goes when the demo ends"
  say "Ctrl-C ends it; \"llmtrace serve\" keeps traces for 90 days"
  wait "$collector" || fail "the collector has ended"
}

main() {
  trap clean_up EXIT
  directory=$(mktemp -d "${TMPDIR:-/tmp}/llmtrace-demo.XXXXXX")
  forget_settings
  start_collector
  collector=$child
  start_provider
  say "an agent answers a question; its calls go to $provider, its trace to $url"
  run_agent
  show_trace
  $once && return
  trap 'exit 0' INT TERM
  wait_for_the_end
}

main
