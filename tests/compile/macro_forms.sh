#!/usr/bin/env bash
# The macros compile without a warning in every mode, standard and compiler:
# macro_forms.sh <include folder> <source> <compiler>…   A compiler that is not there is left out.
set -euo pipefail

main() {
  local include=$1 source=$2 compiler standard mode count=0
  shift 2
  for compiler in "$@"; do
    command -v "$compiler" >/dev/null || continue
    for standard in c++17 c++20 c++2b; do
      for mode in -DPLAIN -DLLMTRACE_NO_SHORT_MACROS -DLLMTRACE_DISABLED; do
        "$compiler" "-std=$standard" "$mode" -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror -I "$include" "$source"
        count=$((count + 1))
      done
    done
  done
  [[ $count != 0 ]] || { echo "there is no compiler" >&2; exit 1; }
  echo "the macros compile in $count ways"
}

main "$@"
