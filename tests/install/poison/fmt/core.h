#error "a public header of llmtrace includes <fmt/core.h>"
