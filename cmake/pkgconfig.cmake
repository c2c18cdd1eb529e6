# An installed archive is never usable without its dependencies, so there they stand in Libs; beside a shared
# library only a fully static link needs them. They are named by flag and not by Requires: with --static,
# libcurl.pc asks for the development files of a dozen libraries which a link against libcurl.so does not need.
set(dependencies "-lcurl -lz -pthread")
foreach(library IN LISTS CMAKE_DL_LIBS)
  string(APPEND dependencies " -l${library}")
endforeach()

if(BUILD_SHARED_LIBS)
  set(LLMTRACE_PC_CFLAGS " -DLLMTRACE_SHARED")
  set(LLMTRACE_PC_LIBS "")
  set(LLMTRACE_PC_LIBS_PRIVATE "${dependencies}")
else()
  set(LLMTRACE_PC_CFLAGS "")
  set(LLMTRACE_PC_LIBS " ${dependencies}")
  set(LLMTRACE_PC_LIBS_PRIVATE "")
endif()

# The prefix is found from the place of the file, so an installed tree may be moved.
file(RELATIVE_PATH LLMTRACE_PC_PREFIX
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}"
)
string(REGEX REPLACE "/$" "" LLMTRACE_PC_PREFIX "${LLMTRACE_PC_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/llmtrace.pc.in" "${PROJECT_BINARY_DIR}/llmtrace.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/llmtrace.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
