# Every target of a tree must be built alike, executables included: a sanitizer's run-time comes with the program.
function(llmtrace_set_sanitizers target)
  if(NOT LLMTRACE_SANITIZE)
    return()
  endif()
  list(JOIN LLMTRACE_SANITIZE "," names)
  target_compile_options(${target} PRIVATE
    -fsanitize=${names} -fno-sanitize-recover=all -fno-omit-frame-pointer
  )
  target_link_options(${target} PRIVATE -fsanitize=${names})
endfunction()

# What the sanitizers' run-times read when a test of this tree runs.
set(LLMTRACE_SANITIZER_ENVIRONMENT
  "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
  "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
  "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1"
)
