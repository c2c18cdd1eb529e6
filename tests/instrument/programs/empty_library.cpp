// Something that can be loaded in front of a program and does nothing there.
extern "C" int llmtrace_test_empty_library() { return 0; }
