#!/usr/bin/env bash
# All that a guard or a setter runs on the host's thread is inline: what an object that uses them needs from elsewhere
# is compared with the list of what it may need.
# list_symbols.sh <include folder> <source> <allowed symbols> <compiler>…   A compiler that is not there is left out.
set -euo pipefail

main() {
  local include=$1 source=$2 allowed=$3 compiler seen=0
  shift 3
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  grep -v '^#' "$allowed" | sort >"$work/allowed"
  for compiler in "$@"; do
    command -v "$compiler" >/dev/null || continue
    "$compiler" -std=c++17 -O2 -DNDEBUG -I "$include" -c "$source" -o "$work/object.o"
    nm --undefined-only --format=just-symbols "$work/object.o" | c++filt | sort >"$work/needed"
    echo "$compiler: $(paste -sd ' ' "$work/needed")"
    refuse_unexpected "$compiler"
    seen=1
  done
  [[ $seen == 1 ]] || { echo "there is no compiler" >&2; exit 1; }
}

refuse_unexpected() {
  local unexpected
  unexpected=$(comm -23 "$work/needed" "$work/allowed")
  [[ -z $unexpected ]] && return
  printf 'not inline with %s:\n%s\n' "$1" "$unexpected" >&2
  exit 1
}

main "$@"
