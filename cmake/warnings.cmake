function(llmtrace_set_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  )
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR "${LLMTRACE_WERROR}")
endfunction()
