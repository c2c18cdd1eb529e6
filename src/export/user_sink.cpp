#include "export/user_sink.hpp"

#include <exception>
#include <new>
#include <utility>

namespace llmtrace::exporting {
namespace {

template <class Item, class Decode>
Added decode_into(std::vector<Item>& items, Decode&& decode) noexcept {
  try {
    items.emplace_back();
  } catch (const std::bad_alloc&) {
    return Added::out_of_memory;
  }
  if (decode(items.back())) return Added::taken;
  items.pop_back();
  return Added::out_of_memory;
}

// In a handler of everything: what was caught is no exception but the end of the thread, by pthread_exit or
// cancellation. Swallowing that would end the process.
bool is_forced_unwind() noexcept { return std::current_exception() == nullptr; }

std::string name_of(Exporter& exporter) {
  try {
    return exporter.name();
  } catch (...) {
    if (is_forced_unwind()) throw;
    return "custom";
  }
}

}  // namespace

UserSink::UserSink(std::shared_ptr<Exporter> exporter, const core::ClockMap* clock, const BatchLimits& limits,
                   WarnFunction warn)
    : ImmediateSink{limits},
      exporter_{std::move(exporter)},
      name_{name_of(*exporter_)},
      decoder_{clock},
      warn_{std::move(warn)} {}

Added UserSink::hold(const SpanFacts& span) noexcept {
  if (bytes_ != 0 && bytes_ + span.payload_bytes() > limits().bytes) return Added::full;
  const Added added = decode_into(spans_, [&](SpanData& out) { return decoder_.span(span, out); });
  if (added == Added::taken) bytes_ += span.payload_bytes();
  return added;
}

Added UserSink::hold(const TraceHeader& trace) noexcept {
  return decode_into(traces_, [&](TraceData& out) { return decoder_.trace(trace, out); });
}

bool UserSink::deliver(TimePoint) {
  bool accepted = false;
  try {
    accepted = exporter_->export_batch(spans_, traces_);
  } catch (const std::exception& error) {
    warn(error.what() != nullptr ? error.what() : "an exception without a text");
  } catch (...) {
    if (is_forced_unwind()) throw;
    warn("something that is no std::exception");
  }
  drop();
  return accepted;
}

void UserSink::drop() noexcept {
  spans_.clear();
  traces_.clear();
  bytes_ = 0;
}

void UserSink::warn(std::string_view what) noexcept {
  if (!warn_) return;
  try {
    warn_(Warning::refused, "exporter " + name_ + " threw: " + std::string{what} + "; its batch is lost");
  } catch (
      ...) {  // no memory for the text, or a host's callback that throws: the loss is counted all the same
  }
}

}  // namespace llmtrace::exporting
