#!/usr/bin/env bash
# Builds the program that patches its own slots for a machine, and runs it, by an emulator where it is
# another one: bound as it starts, so that its slots are read-only, and bound by the first call.
#   run.sh <tree> <work folder> <compiler> [emulator…]
# Exits with 77 when the compiler or the emulator is missing.
set -euo pipefail

tree=$1 work=$2 compiler=$3
shift 3

for tool in "$compiler" "${1:-true}"; do
  if ! command -v "$tool" > /dev/null; then
    echo "skipped: $tool is not installed"
    exit 77
  fi
done

mkdir -p "$work"
work=$(mktemp -d "$work/XXXXXX")
trap 'rm -rf "$work"' EXIT
flags=(-std=c++20 -O1 -fPIC -Wall -Wextra -Werror -I "$tree/src")
"$compiler" "${flags[@]}" -shared -Wl,-soname,libslot_numbers.so -o "$work/libslot_numbers.so" \
  "$tree/tests/instrument/slots/numbers.cpp"
for binding in now lazy; do
  "$compiler" "${flags[@]}" -pie -Wl,-z,$binding -Wl,-z,relro -o "$work/program-$binding" \
    "$tree/tests/instrument/slots/slots_program.cpp" "$tree"/src/instrument/{elf_image,slot_patch,loaded_modules}.cpp \
    "$tree/src/runtime/module_walk.cpp" "$work/libslot_numbers.so" -Wl,-rpath,"\$ORIGIN" -ldl
  echo "bound $binding:"
  "$@" "$work/program-$binding"
done
