// A user's own exporter as a sink. Whatever it does, it loses its batch at the most.
#pragma once

#include "export/delivery.hpp"
#include "export/immediate_sink.hpp"
#include "export/span_decoder.hpp"
#include <llmtrace/exporter.hpp>

#include <memory>
#include <string>
#include <vector>

namespace llmtrace::exporting {

class UserSink final : public ImmediateSink {
 public:
  // The exporter is asked for its name here, once. The clock outlives the sink.
  UserSink(std::shared_ptr<Exporter> exporter, const core::ClockMap* clock, const BatchLimits& limits,
           WarnFunction warn);

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }
  void let_go() noexcept override { exporter_.reset(); }

 private:
  Added hold(const SpanFacts& span) noexcept override;
  Added hold(const TraceHeader& trace) noexcept override;
  bool deliver(TimePoint now) override;
  void drop() noexcept override;

  void warn(std::string_view what) noexcept;

  std::shared_ptr<Exporter> exporter_;
  std::string name_;
  SpanDecoder decoder_;
  WarnFunction warn_;
  std::vector<SpanData> spans_;
  std::vector<TraceData> traces_;
  std::size_t bytes_ = 0;
};

}  // namespace llmtrace::exporting
