include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/llmtrace")

install(TARGETS llmtrace llmtrace_wrapped_curl
  EXPORT llmtrace-targets
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILE_SET opt_in DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
)
install(EXPORT llmtrace-targets NAMESPACE llmtrace:: DESTINATION "${package_dir}")

install(TARGETS llmtrace_agent LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET llmtrace_cli)
  install(TARGETS llmtrace_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/llmtrace-config.cmake.in"
  "${PROJECT_BINARY_DIR}/llmtrace-config.cmake"
  INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO
)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/llmtrace-config-version.cmake"
  COMPATIBILITY SameMinorVersion
)
install(FILES
  "${PROJECT_BINARY_DIR}/llmtrace-config.cmake"
  "${PROJECT_BINARY_DIR}/llmtrace-config-version.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/llmtrace-instrument.cmake"
  DESTINATION "${package_dir}"
)

include("${PROJECT_SOURCE_DIR}/cmake/pkgconfig.cmake")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/llmtrace")
