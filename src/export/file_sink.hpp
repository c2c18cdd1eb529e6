// Appends spans and headers to a file, one JSON object a line: {"span":{…}} or {"trace":{…}}. A batch is one
// write; a batch that cannot be written is lost, and the next one is tried again.
#pragma once

#include "export/delivery.hpp"
#include "export/immediate_sink.hpp"
#include "export/native_encoder.hpp"
#include "export/rotating_file.hpp"

namespace llmtrace::exporting {

class FileSink final : public ImmediateSink {
 public:
  FileSink(std::string path, std::uint64_t largest_file, NativeEncoder encoder, const BatchLimits& limits,
           WarnFunction warn) noexcept
      : ImmediateSink{limits},
        file_{std::move(path), largest_file},
        encoder_{std::move(encoder)},
        warn_{std::move(warn)} {}

  [[nodiscard]] std::string_view name() const noexcept override { return "file"; }

 private:
  Added hold(const SpanFacts& span) noexcept override;
  Added hold(const TraceHeader& trace) noexcept override;
  bool deliver(TimePoint now) noexcept override;
  void drop() noexcept override;

  template <class Encode>
  Added add_line(std::string_view start, std::size_t at_least, Encode&& encode) noexcept;
  void warn_once(int error) noexcept;

  RotatingFile file_;
  NativeEncoder encoder_;
  WarnFunction warn_;
  core::ByteBuffer lines_;
  bool warned_ = false;
};

}  // namespace llmtrace::exporting
