#include "export/console_sink.hpp"

#include "export/console_write.hpp"

#include <algorithm>
#include <new>
#include <unistd.h>
#include <utility>

namespace llmtrace::exporting {
namespace {

using core::Tag;

// What is drawn is cut further, by columns.
constexpr std::size_t longest_text = 512;

std::string short_text(std::string_view text) { return std::string{text.substr(0, longest_text)}; }

std::string error_of(const SpanFacts& span) {
  std::string text = short_text(span.error_type());
  const std::string_view message = span.error();
  if (text.empty()) return short_text(message);
  if (!message.empty()) text.append(": ").append(message.substr(0, longest_text));
  return text;
}

ConsoleNode node_of(const SpanFacts& span, const core::ClockMap& clock) {
  const auto& head = span.head();
  ConsoleNode node;
  node.span_id = head.span_id;
  node.parent_id = head.parent_id;
  node.start_ticks = head.start_ticks;
  node.nanoseconds = clock.duration(head.start_ticks, head.end_ticks);
  node.tokens_input = span.count(Tag::usage_input).value_or(-1);
  node.tokens_output = span.count(Tag::usage_output).value_or(-1);
  node.cost_usd = span.cost().value_or(-1);
  node.kind = head.kind;
  node.is_root = span.record().has(detail::flag_root);
  node.failed = span.failed();
  node.name = short_text(span.text(Tag::name));
  node.model = short_text(span.text(Tag::model));
  if (node.failed) node.error = error_of(span);
  return node;
}

}  // namespace

ConsoleSink::ConsoleSink(const ConsoleOptions& options, const core::ClockMap* clock,
                         const BatchLimits& limits, WarnFunction warn) noexcept
    : ImmediateSink{limits},
      descriptor_{options.descriptor},
      style_{!options.no_color && ::isatty(options.descriptor) == 1, options.unicode},
      clock_{clock},
      warn_{std::move(warn)} {}

ConsoleSink::~ConsoleSink() {
  show_all();
  [[maybe_unused]] const bool ignored = flush();
}

ConsoleSink::OpenTrace& ConsoleSink::trace_of(const core::RecordHead& head) {
  const auto known = std::find_if(open_.rbegin(), open_.rend(), [&](const OpenTrace& trace) {
    return trace.high == head.trace_high && trace.low == head.trace_low;
  });
  if (known != open_.rend()) return *known;
  OpenTrace& fresh = open_.emplace_back();
  fresh.high = head.trace_high;
  fresh.low = head.trace_low;
  return fresh;
}

// A root that sends a header is waited for; the header comes right behind it.
Added ConsoleSink::hold(const SpanFacts& span) noexcept {
  if (has_batch() && kept_spans_ >= most_kept_spans) return Added::full;
  try {
    OpenTrace& trace = trace_of(span.head());
    trace.shown.nodes.push_back(node_of(span, *clock_));
    ++kept_spans_;
    if (span.record().has(detail::flag_root)) trace.finished = true;
    return Added::taken;
  } catch (const std::bad_alloc&) {
    return Added::out_of_memory;
  }
}

Added ConsoleSink::hold(const TraceHeader& header) noexcept {
  if (header.state == TraceState::ended) return Added::taken;  // its root has said all
  try {
    OpenTrace& trace = trace_of(header.root.head());
    const SpanFacts root{header.root};
    trace.shown.name = short_text(root.text(Tag::name));
    trace.announced = true;
    if (header.state != TraceState::incomplete) return Added::taken;
    trace.shown.ending = ConsoleEnding::incomplete;
    trace.finished = true;
    return Added::taken;
  } catch (const std::bad_alloc&) {
    return Added::out_of_memory;
  }
}

bool ConsoleSink::deliver(TimePoint now) noexcept {
  show_due(now);
  make_room();
  return flush();
}

void ConsoleSink::step(TimePoint now) noexcept {
  if (now < next_event()) return;
  show_due(now);
  [[maybe_unused]] const bool ignored = flush();
}

// Nothing of a trace that began elsewhere can be waited for now.
void ConsoleSink::finish_by(TimePoint, TimePoint now) noexcept {
  finishing_ = true;
  show_due(now);
  [[maybe_unused]] const bool ignored = flush();
}

ConsoleSink::TimePoint ConsoleSink::next_event() const noexcept {
  TimePoint next = TimePoint::max();
  for (const OpenTrace& trace : open_)
    if (!trace.announced) next = std::min(next, trace.give_up_at);
  return next;
}

void ConsoleSink::show_due(TimePoint now) noexcept {
  for (auto trace = open_.begin(); trace != open_.end();) {
    const auto at = trace++;
    if (at->give_up_at == TimePoint::max()) at->give_up_at = now + patience;
    const bool gives_up = !at->announced && (finishing_ || now >= at->give_up_at);
    if (at->finished || gives_up) show(at);
  }
}

void ConsoleSink::show_all() noexcept {
  while (!open_.empty()) show(open_.begin());
}

void ConsoleSink::make_room() noexcept {
  if (kept_spans_ >= most_kept_spans)
    while (kept_spans_ > most_kept_spans / 2) show(open_.begin());
  while (open_.size() > most_open_traces) show(open_.begin());
}

void ConsoleSink::show(std::list<OpenTrace>::iterator trace) noexcept {
  kept_spans_ -= trace->shown.nodes.size();
  const bool has_something = trace->announced || !trace->shown.nodes.empty();
  try {
    if (has_something) draw(*trace);
  } catch (const std::bad_alloc&) {
    lost_output_ = true;
  }
  open_.erase(trace);
}

void ConsoleSink::draw(OpenTrace& trace) {
  ConsoleTrace& shown = trace.shown;
  if (!trace.finished) shown.ending = trace.announced ? ConsoleEnding::incomplete : ConsoleEnding::elsewhere;
  if (shown.name.empty()) shown.name = "trace";
  const std::string drawn = draw_trace(shown, style_);
  const bool is_tree = drawn.ends_with("\n\n");
  if (std::exchange(after_line_, !is_tree) && is_tree) pending_ += '\n';
  pending_ += drawn;
}

bool ConsoleSink::flush() noexcept {
  bool shown = !std::exchange(lost_output_, false);
  if (!pending_.empty() && !write_to_console(descriptor_, pending_, warned_)) {
    warn_once("cannot write to the console; traces are not shown");
    shown = false;
  } else if (!pending_.empty()) {
    warned_ = false;
  }
  pending_.clear();
  return shown;
}

// Once for each time that writing begins to fail.
void ConsoleSink::warn_once(std::string_view what) noexcept {
  if (std::exchange(warned_, true) || !warn_) return;
  try {
    warn_(Warning::refused, what);
  } catch (...) {  // a host's callback must not stop delivery
  }
}

}  // namespace llmtrace::exporting
