#error "a public header of llmtrace includes <curl/curl.h>"
