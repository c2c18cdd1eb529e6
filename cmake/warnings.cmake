function(llmtrace_set_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    # g++ 12 sees overlapping copies in the standard library's own strings (its bug 105651).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  )
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR "${LLMTRACE_WERROR}")
endfunction()
