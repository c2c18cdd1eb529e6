# llmtrace_instrument(target) leads the target's calls of a libcurl that is linked statically, or in any other
# way, through the engine of automatic instrumentation; auto_instrument() and its like then switch it on.
function(llmtrace_instrument target)
  llmtrace_wrap_libcurl(${target})
  target_link_libraries(${target} PRIVATE llmtrace::llmtrace)
endfunction()

# The same for a target that has the library already.
function(llmtrace_wrap_libcurl target)
  set(functions
    easy_init easy_setopt easy_perform easy_cleanup easy_reset easy_duphandle
    multi_add_handle multi_remove_handle multi_info_read multi_cleanup
    mime_addpart mime_name mime_data mime_free
  )
  list(TRANSFORM functions PREPEND "LINKER:--wrap=curl_")
  target_link_options(${target} PRIVATE ${functions})
  # Whole: the library's own calls of libcurl are wrapped, too, and lie behind it on the command line.
  target_link_libraries(${target} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,llmtrace::wrapped_curl>")
endfunction()
