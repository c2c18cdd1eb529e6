// The spans that are measured. Each function makes that many, one after the other.
#pragma once

#include <cstddef>

namespace llmtrace::bench {

void make_empty_spans(std::size_t count);
void make_attribute_spans(
    std::size_t count);  // 2 integers or bools, 2 doubles, 2 short texts, 2 × 1 KiB of text
void record_responses(std::size_t count);          // record_response() of 4 KiB, in one span
void make_spans_with_response(std::size_t count);  // a span for each
void call_traced_member(std::size_t count);        // TRACE_FUNCTION with an int and a text of 16 bytes
void call_traced_function(std::size_t count);      // traced(), called with an int

}  // namespace llmtrace::bench
