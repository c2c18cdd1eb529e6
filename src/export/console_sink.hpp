// Shows each trace as a tree when it ends, on stderr unless told otherwise: the host's stdout belongs to the
// host. Spans are kept until then, briefly where no root is known, and never more than a bounded number of
// them.
#pragma once

#include "core/clock_map.hpp"
#include "export/console_tree.hpp"
#include "export/delivery.hpp"
#include "export/immediate_sink.hpp"

#include <list>
#include <string>
#include <string_view>

namespace llmtrace::exporting {

struct ConsoleOptions {
  int descriptor = 2;     // not closed
  bool no_color = false;  // colors only on a terminal anyway
  bool unicode = true;
};

class ConsoleSink final : public ImmediateSink {
 public:
  static constexpr std::size_t most_kept_spans = 10'000;
  static constexpr std::size_t most_open_traces = 1'000;
  // How long spans wait for a root of which nothing is known.
  static constexpr std::chrono::seconds patience{5};

  // The clock outlives the sink.
  ConsoleSink(const ConsoleOptions& options, const core::ClockMap* clock, const BatchLimits& limits,
              WarnFunction warn) noexcept;
  ~ConsoleSink() override;  // shows what never ended

  [[nodiscard]] std::string_view name() const noexcept override { return "console"; }
  void step(TimePoint now) noexcept override;
  [[nodiscard]] TimePoint next_event() const noexcept override;
  void finish_by(TimePoint deadline, TimePoint now) noexcept override;

 private:
  struct OpenTrace {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    ConsoleTrace shown;
    bool announced = false;  // its root is alive in this process
    bool finished = false;
    TimePoint give_up_at = TimePoint::max();
  };

  Added hold(const SpanFacts& span) noexcept override;
  Added hold(const TraceHeader& header) noexcept override;
  bool deliver(TimePoint now) noexcept override;
  void drop() noexcept override {}

  [[nodiscard]] OpenTrace& trace_of(const core::RecordHead& head);
  void show_due(TimePoint now) noexcept;
  void show_all() noexcept;
  void make_room() noexcept;
  void show(std::list<OpenTrace>::iterator trace) noexcept;
  void draw(OpenTrace& trace);
  [[nodiscard]] bool flush() noexcept;
  void warn_once(std::string_view what) noexcept;

  int descriptor_;
  ConsoleStyle style_;
  const core::ClockMap* clock_;
  WarnFunction warn_;
  std::list<OpenTrace> open_;
  std::size_t kept_spans_ = 0;
  std::string pending_;
  bool finishing_ = false;
  bool after_line_ = false;  // a trace of one line was shown last
  bool lost_output_ = false;
  bool warned_ = false;
};

}  // namespace llmtrace::exporting
