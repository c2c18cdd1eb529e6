#include "export/file_sink.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <system_error>

namespace llmtrace::exporting {
namespace {

// JSON that a user gave may be spread over lines; inside its strings a line break is never bare.
bool end_line(core::ByteBuffer& lines, std::size_t start) noexcept {
  char* const end = lines.grab(2);
  if (end == nullptr) return false;
  const auto length = static_cast<std::ptrdiff_t>(lines.size() - start);
  std::replace_if(
      end - length, end, [](char byte) { return byte == '\n' || byte == '\r'; }, ' ');
  end[0] = '}';
  end[1] = '\n';
  lines.advance(2);
  return true;
}

}  // namespace

template <class Encode>
Added FileSink::add_line(std::string_view start, std::size_t at_least, Encode&& encode) noexcept {
  const std::size_t before = lines_.size();
  if (before != 0 && before + at_least > limits().bytes) return Added::full;
  lines_.append(start);
  const bool whole = !lines_.failed() && encode(lines_) && end_line(lines_, before);
  const bool full = whole && before != 0 && lines_.size() > limits().bytes;
  if (whole && !full) return Added::taken;
  lines_.roll_back(before);
  return full ? Added::full : Added::out_of_memory;
}

Added FileSink::hold(const SpanFacts& span) noexcept {
  return add_line(R"({"span":)", span.payload_bytes(),
                  [&](core::ByteBuffer& lines) { return encoder_.span(lines, span); });
}

Added FileSink::hold(const TraceHeader& trace) noexcept {
  return add_line(R"({"trace":)", 0, [&](core::ByteBuffer& lines) { return encoder_.trace(lines, trace); });
}

bool FileSink::deliver(TimePoint) noexcept {
  const int error = file_.append(lines_.view());
  drop();
  if (error != 0) {
    warn_once(error);
    return false;
  }
  warned_ = false;
  return true;
}

void FileSink::drop() noexcept { lines_.recycle(limits().bytes * 2); }

// Once for each time that writing begins to fail.
void FileSink::warn_once(int error) noexcept {
  if (warned_ || !warn_) return;
  warned_ = true;
  try {
    warn_(Warning::refused, "cannot write to " + file_.path() + ": " +
                                std::generic_category().message(error) + "; data is lost");
  } catch (
      ...) {  // no memory for the text, or a host's callback that throws: the loss is counted all the same
  }
}

}  // namespace llmtrace::exporting
