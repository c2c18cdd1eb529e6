#!/usr/bin/env bash
# Each public header must be the only include of a C++17 program, without a warning:
# headers_compile_alone.sh <include folder> <compiler>…   A compiler that is not there is left out.
set -euo pipefail

main() {
  include=$(readlink -f "$1")
  shift
  local compiler headers seen=0
  headers=$(cd "$include" && find llmtrace -name '*.hpp' | sort)
  export include
  export -f compile standard_of has_what_it_adapts
  for compiler in "$@"; do
    command -v "$compiler" >/dev/null || continue
    xargs -P "$(nproc)" -n 1 bash -c 'compile "$@"' compile "$compiler" <<<"$headers"
    echo "$(wc -l <<<"$headers") headers compile alone with $compiler"
    seen=1
  done
  [[ $seen == 1 ]] || { echo "there is no compiler" >&2; exit 1; }
}

# Included twice, so that a header without a guard is found as well; LLMTRACE_SHARED turns the export attributes
# on, whose place in a declaration g++ and clang++ judge differently.
compile() {
  local compiler=$1 header=$2 standard
  standard=$(standard_of "$header")
  if ! has_what_it_adapts "$compiler" "$header"; then return; fi
  if ! printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
    "$compiler" "-std=$standard" -fsyntax-only -Wall -Wextra -Wpedantic -Werror \
      -DLLMTRACE_SHARED -I "$include" -x c++ -; then
    echo "$header does not compile alone with $compiler at $standard" >&2
    return 1
  fi
}

# An adapter is for programs that bring its library along.
has_what_it_adapts() {
  local library
  case $2 in
    llmtrace/adapters/curl.hpp) library=curl/curl.h ;;
    llmtrace/adapters/httplib.hpp) library=httplib.h ;;
    *) return 0 ;;
  esac
  echo "#include <$library>" | "$1" -E -x c++ - >/dev/null 2>&1
}

standard_of() {
  case $1 in
    llmtrace/coroutine.hpp) echo c++20 ;;
    *) echo c++17 ;;
  esac
}

main "$@"
