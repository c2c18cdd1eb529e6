#error "a public header of llmtrace includes <fmt/format.h>"
