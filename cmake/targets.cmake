# What all targets of this project share. Internals are C++20, whatever standard a parent project chose.
function(llmtrace_own_target target)
  set_target_properties(${target} PROPERTIES
    CXX_STANDARD 20
    CXX_STANDARD_REQUIRED ON
    CXX_EXTENSIONS OFF
  )
  llmtrace_set_warnings(${target})
  llmtrace_set_sanitizers(${target})
endfunction()
