// Reads one exchange with an LLM provider from the bytes of its request and its response, handed over in
// pieces of any size. Memory is bounded by the limits whatever the bytes are. Everything here runs in the
// worker.
#pragma once

#include "llm/facts.hpp"
#include "llm/reader_limits.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrace::llm {

// What is known beside the bodies. All of it may be missing.
struct Hints {
  std::string url;
  std::string provider;  // a name of the conventions or a usual one: "openai", "azure", "bedrock", …
  std::string content_type;
  std::string content_encoding;  // "gzip" and "deflate" are undone; the magic bytes of gzip also speak
  std::string request_id;        // becomes the response id where the body has none (x-amzn-requestid)
  int status = 0;                // of HTTP; 0 is unknown
  std::optional<bool> stream;
};

// One exchange for each reader; not synchronised. May throw std::bad_alloc and nothing else; the reader is
// then to be thrown away.
class ExchangeReader {
 public:
  explicit ExchangeReader(Hints hints, const ReaderLimits& limits = {});
  ~ExchangeReader();
  ExchangeReader(const ExchangeReader&) = delete;
  ExchangeReader& operator=(const ExchangeReader&) = delete;

  // The request's body; all of it before the first response().
  void request(std::string_view piece);
  // Bytes of the request were lost here; what follows is its tail.
  void request_gap();

  void response(std::string_view piece);
  // Bytes of the response were lost here (`bytes` is for the note, 0 is unknown); what follows is its tail.
  void response_gap(std::uint64_t bytes = 0);
  // The body starts anew: a new status line came (redirect, 100, a retry after 401).
  void restart_response(int status);

  // The first text, reasoning or tool call has been seen: the time to first token is the piece's just given.
  [[nodiscard]] bool has_content() const noexcept;

  // Call once, at the end.
  [[nodiscard]] Facts finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace llmtrace::llm
