#include "fuzz/fuzz_input.hpp"
#include "llm/event_stream.hpp"
#include "support/event_frames.hpp"

#include <string>

namespace llmtrace::llm {
namespace {

class Log final : public EventFrameSink {
 public:
  void frame(const EventFrame& frame) override {
    text.append(frame.event_type)
        .append("|")
        .append(frame.exception_type)
        .append("|")
        .append(frame.payload) += '\n';
  }
  void damaged() override { text += "damaged\n"; }
  std::string text;
};

std::string log_of(std::string_view bytes, std::size_t piece) {
  Log log;
  EventStreamSplitter splitter{log, 4096};
  fuzz::feed_in_pieces(bytes, piece, [&](std::string_view part) { splitter.feed(part); });
  return log.text;
}

}  // namespace
}  // namespace llmtrace::llm

// A fuzzer does not guess checksums, so the bytes also serve as the headers of a frame that has right ones.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  llmtrace::fuzz::FuzzInput input{data, size};
  const std::size_t piece = input.byte() % 16 + 1U;
  const std::string bytes{input.rest()};
  const std::string framed = bytes + llmtrace::testing_support::frame_of(bytes, "payload") +
                             llmtrace::testing_support::event_frame("x", bytes);
  llmtrace::fuzz::require(llmtrace::llm::log_of(framed, piece) == llmtrace::llm::log_of(framed, SIZE_MAX),
                          "the pieces make no difference");
  return 0;
}
