#include "fuzz/fuzz_input.hpp"
#include "llm/sse.hpp"

#include <string>

namespace llmtrace::llm {
namespace {

class Log final : public SseSink {
 public:
  void event_data(std::string_view piece, std::string_view) override { text.append(piece); }
  void event_end(std::string_view name) override { text.append("|").append(name).append("\n"); }
  void stream_done() override { text.append("done\n"); }
  std::string text;
};

std::string log_of(std::string_view bytes, std::size_t piece) {
  Log log;
  SseSplitter splitter{log};
  fuzz::feed_in_pieces(bytes, piece, [&](std::string_view part) { splitter.feed(part); });
  splitter.finish();
  return log.text;
}

}  // namespace
}  // namespace llmtrace::llm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  llmtrace::fuzz::FuzzInput input{data, size};
  const std::size_t piece = input.byte() % 16 + 1U;
  llmtrace::fuzz::require(
      llmtrace::llm::log_of(input.rest(), piece) == llmtrace::llm::log_of(input.rest(), SIZE_MAX),
      "the pieces make no difference");
  return 0;
}
