// A libcurl that is linked into the program with llmtrace_instrument(): its functions are wrapped at link
// time by wrap/wrapped_curl.cpp, which knows nothing but this.
#pragma once

#include "instrument/curl_functions.hpp"
#include <llmtrace/fwd.hpp>

#include <string>

namespace llmtrace::instrument {

[[nodiscard]] bool has_static_curl() noexcept;
[[nodiscard]] std::string static_curl_version();

}  // namespace llmtrace::instrument

extern "C" {
// Tells the engine of the wrapped libcurl, and gets what it is to call instead. Both are kept for good.
LLMTRACE_API const llmtrace::instrument::CurlFunctions* llmtrace_wrap_curl_v1(
    const llmtrace::instrument::CurlFunctions* real) noexcept;
}
