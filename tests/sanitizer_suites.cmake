# The trees exist already (./dev test builds them first): here their tests become tests of this tree,
# so that one run of ctest, and its one summary, covers everything.
foreach(suite IN ITEMS asan tsan)
  add_test(NAME ${suite}_suite
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/support/run_suite.sh" "${PROJECT_SOURCE_DIR}/build/${suite}"
  )
  llmtrace_describe_test(${suite}_suite sanitizer 600)
  set_tests_properties(${suite}_suite PROPERTIES RUN_SERIAL ON)
endforeach()
