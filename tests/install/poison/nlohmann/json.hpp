#error "a public header of llmtrace includes <nlohmann/json.hpp>"
