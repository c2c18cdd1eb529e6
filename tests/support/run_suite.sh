#!/usr/bin/env bash
# Runs the unit and integration tests of a sanitized build tree: run_suite.sh <tree>
set -euo pipefail

tree=$1
launcher=()
# ThreadSanitizer of GCC 12 and clang 14 gives up on kernels that randomise more address bits than it expects.
if setarch "$(uname -m)" -R true 2>/dev/null; then
  launcher=(setarch "$(uname -m)" -R)
fi

exec "${launcher[@]}" ctest --test-dir "$tree" --label-regex '^(unit|integration)$' \
  --parallel "$(nproc)" --output-on-failure --no-tests=error
