#!/usr/bin/env bash
# Installs the library and builds and runs a user's program against it, in each way that the documentation names:
#   run.sh <work folder>                     every way, linkage, compiler and standard
#   run.sh --quick <tree> <work folder>      find_package with C++17; <tree> is built already and saves one build
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$(dirname "$here")")
built_tree=

main() {
  if [[ $1 == --quick ]]; then
    built_tree=$2
    work=$(readlink -f "$3")
    quick
  else
    work=$(readlink -f "$1")
    everything
  fi
}

quick() {
  local linkage
  for linkage in static shared; do
    install_library "$linkage"
    consume_by_cmake find_package "$linkage" g++ 17
    run_modules "$linkage" g++
    run_beside_agent "$linkage"
  done
}

everything() {
  local linkage compiler way standard
  for linkage in static shared; do
    install_library "$linkage"
    for compiler in g++ clang++; do
      for way in find_package add_subdirectory FetchContent; do
        consume_by_cmake "$way" "$linkage" "$compiler" 17 20 23
      done
      for standard in 17 20 23; do
        consume_by_pkg_config "$linkage" "$compiler" "$standard"
      done
      run_modules "$linkage" "$compiler"
    done
  done
}

# The prefix is moved after the installation, so that no path of it can have been written down.
install_library() {
  local linkage=$1 tree staging=$work/staging prefix=$work/prefix-$1
  tree=$(tree_of "$linkage")
  rm -rf "$staging" "$prefix"
  quietly cmake --install "$tree" --prefix "$staging"
  mv "$staging" "$prefix"
  check_package "$prefix"
  [[ ! -x $prefix/bin/llmtrace ]] || check_agent "$prefix"
}

# The command finds the library that was installed with it, wherever both are now.
check_agent() {
  "$1/bin/llmtrace" run --exporter none -- /bin/echo untouched >"$work/log" 2>&1 || fail "llmtrace run fails"
  grep -q '^untouched$' "$work/log" || fail "llmtrace run does not run the program"
  grep -q '0 LLM calls' "$work/log" || fail "llmtrace run does not load the agent"
  echo "ok: llmtrace run"
}

tree_of() {
  local linkage=$1 tree=$work/library-$1
  if [[ $built_tree && $(linkage_of "$built_tree") == "$linkage" ]]; then
    echo "$built_tree"
    return
  fi
  quietly cmake -S "$root" -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=g++ \
    -DBUILD_SHARED_LIBS="$(is_shared "$linkage")" -DLLMTRACE_BUILD_TESTS=OFF -DLLMTRACE_BUILD_EXAMPLES=OFF \
    -DLLMTRACE_BUILD_TOOLS=OFF -DLLMTRACE_BUILD_BENCH=OFF -DLLMTRACE_BUILD_COLLECTOR=OFF
  quietly cmake --build "$tree"
  echo "$tree"
}

linkage_of() {
  if grep -q '^BUILD_SHARED_LIBS:BOOL=ON' "$1/CMakeCache.txt"; then echo shared; else echo static; fi
}

is_shared() {
  if [[ $1 == shared ]]; then echo ON; else echo OFF; fi
}

check_package() {
  local descriptions=("$1"/lib*/cmake "$1"/lib*/pkgconfig)
  refuse "names a dependency that users do not need" -riE 'nlohmann|fmt|sqlite|boost' "${descriptions[@]}"
  refuse "names a path of the build" -rF -e "$root" -e "$work" "${descriptions[@]}"
}

refuse() {
  local what=$1
  shift
  if grep "$@"; then
    echo "the installed package $what" >&2
    exit 1
  fi
}

consume_by_cmake() {
  local way=$1 linkage=$2 compiler=$3 standard
  shift 3
  local tree=$work/$way-$linkage-$compiler
  rm -f "$tree"/consumer_*
  quietly cmake -S "$here/consumer" -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_COMPILER="$compiler" -DCONSUME_BY="$way" -DCONSUMER_STANDARDS="$(join_with_semicolons "$@")" \
    -DCMAKE_PREFIX_PATH="$work/prefix-$linkage" -DLLMTRACE_SOURCE="$root" \
    -DBUILD_SHARED_LIBS="$(is_shared "$linkage")"
  quietly cmake --build "$tree"
  for standard in "$@"; do
    run_consumer "$tree/consumer_$standard" "$way, $linkage, $compiler, C++$standard"
  done
}

join_with_semicolons() {
  local IFS=';'
  echo "$*"
}

consume_by_pkg_config() {
  local linkage=$1 compiler=$2 standard=$3 flags options=(--cflags --libs)
  local prefix=$work/prefix-$linkage program=$work/pkg-config-$linkage-$compiler-$standard
  if [[ $linkage == static ]]; then options+=(--static); fi
  flags=$(PKG_CONFIG_PATH=$(echo "$prefix"/lib*/pkgconfig) pkg-config "${options[@]}" llmtrace)
  # shellcheck disable=SC2086 # the flags are several words
  quietly "$compiler" "-std=$(flag_of "$standard")" -DEXPECTED_STANDARD="$standard" -Wall -Wextra -Wpedantic -Werror \
    -I "$here/poison" "$here/consumer/consumer.cpp" -o "$program" $flags -Wl,-rpath,"$(echo "$prefix"/lib*)"
  run_consumer "$program" "pkg-config, $linkage, $compiler, C++$standard"
}

# A program with plugins: one tracer for all of them.
run_modules() {
  local linkage=$1 compiler=$2 tree=$work/modules-$1-$2 scenario
  quietly cmake -S "$here/modules" -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_PREFIX_PATH="$work/prefix-$linkage"
  quietly cmake --build "$tree"
  for scenario in host_starts_first host_starts_after_loading plugin_starts plugin_comes_and_goes future_version_runs; do
    (cd "$tree" && ./host "$scenario") >"$work/log" 2>&1 || fail "modules, $linkage, $compiler, $scenario"
    echo "ok: modules, $linkage, $compiler, $scenario"
  done
}

# A program that links the library, static or shared, under the agent: one core, one trace, one span for the call.
run_beside_agent() {
  local linkage=$1 prefix=$work/prefix-$1 program=$work/beside-$1 agent spans=$work/beside-$1.jsonl flags
  agent=$(compgen -G "$work/prefix-static/lib*/libllmtrace_agent.so") || agent=
  if [[ -z $agent ]]; then
    echo "skipped: no agent was built"
    return
  fi
  flags=$(PKG_CONFIG_PATH=$(echo "$prefix"/lib*/pkgconfig) pkg-config --cflags --libs --static llmtrace)
  # shellcheck disable=SC2086 # the flags are several words
  quietly g++ -std=c++17 "$here/agent_beside.cpp" -o "$program" $flags -lcurl -Wl,-rpath,"$(echo "$prefix"/lib*)"
  rm -f "$spans"
  LD_PRELOAD=$agent quietly "$program" "$spans"
  [[ $(grep -c '"span_type"' "$spans") == 2 ]] || fail "beside the agent, $linkage: not two spans"
  grep '"name":"call"' "$spans" | grep -q '"model":"gpt-4o"' || fail "beside the agent, $linkage: no adoption"
  echo "ok: beside the agent, $linkage"
}

flag_of() {
  if [[ $1 == 23 ]]; then echo c++2b; else echo "c++$1"; fi
}

run_consumer() {
  TRACER_EXPORTER=console "$1" >"$work/log" 2>&1 || fail "$2: the program failed"
  grep -q 'gpt-4-call' "$work/log" || fail "$2: the console does not show the span"
  echo "ok: $2"
}

# Shows what a command said only if it fails.
quietly() {
  "$@" >"$work/log" 2>&1 || fail "failed: $*"
}

fail() {
  cat "$work/log" >&2
  echo "$1" >&2
  exit 1
}

[[ $# -eq 1 || ($# -eq 3 && $1 == --quick) ]] || { sed -n '2,4p' "${BASH_SOURCE[0]}" >&2; exit 2; }
mkdir -p "${!#}"
main "$@"
