#include <llmtrace/stream.hpp>

#include <algorithm>
#include <new>
#include <utility>

LLMTRACE_BEGIN_NAMESPACE

using detail::Core;
using detail::FieldWriter;
using detail::Record;
using detail::Tag;
using detail::TracerCore;

namespace {

detail::LlmNames names_in(const StreamOptions& options) noexcept {
  return {options.model, options.provider, options.operation};
}

ManualSpan open_span(const StreamOptions& options) noexcept {
  const std::string_view name = !options.name.empty()        ? std::string_view{options.name}
                                : !options.operation.empty() ? std::string_view{options.operation}
                                                             : std::string_view{"stream"};
  ManualSpan span = start_span(name, options.kind);
  if (span.recording()) detail::name_llm_span(span.ref(), names_in(options), options.name);
  return span;
}

}  // namespace

StreamRecorder::StreamRecorder(const StreamOptions& options) noexcept
    : StreamRecorder{options, options.kind == SpanKind::llm ? detail::adopt_current_llm_span() : SpanRef{}} {}

StreamRecorder::StreamRecorder(const StreamOptions& options, const SpanRef& adopted) noexcept
    : own_{adopted.recording() ? ManualSpan{} : open_span(options)},
      claimed_{adopted.recording()},
      captures_{options.capture_outputs} {
  if (!claimed_) return;
  take_hold(adopted);
  detail::fill_names(adopted, names_in(options));
}

StreamRecorder StreamRecorder::hold(const SpanRef& span) noexcept { return {Holding{}, span}; }

StreamRecorder::StreamRecorder(StreamRecorder&& other) noexcept
    : own_{std::move(other.own_)},
      held_{std::exchange(other.held_, {})},
      holds_{std::exchange(other.holds_, false)},
      claimed_{other.claimed_},
      captures_{other.captures_},
      is_exchange_{other.is_exchange_},
      session_{other.session_},
      pieces_{other.pieces_},
      text_bytes_{other.text_bytes_},
      reasoning_bytes_{other.reasoning_bytes_},
      first_content_{other.first_content_},
      usage_{other.usage_},
      also_{std::move(other.also_)} {}

StreamRecorder::~StreamRecorder() { cancel(); }

// The session makes way for a mark by which the span's guard leaves the end to us.
void StreamRecorder::take_hold(const SpanRef& span) noexcept {
  Record* record = span.handle().live();
  if (record == nullptr) return;
  held_ = span.handle();
  held_.context.trace_state = detail::SharedText::share(held_.context.trace_state);
  holds_ = true;
  session_ = std::exchange(record->session, detail::held_by_stream);
}

// The span may be claimed by a layer that runs below this one, for as long as the scope lives.
void StreamRecorder::let_adopt() noexcept {
  Record* record = span().handle().live();
  if (claimed_ && record != nullptr)
    record->flags = static_cast<std::uint16_t>(record->flags & ~unsigned{detail::flag_adopted});
}

void StreamRecorder::adopt_again() noexcept {
  if (claimed_) claimed_ = span().adopt();
}

// Null when nothing records, or a layer below fills the same span.
Record* StreamRecorder::record_to_fill() const noexcept {
  Record* record = span().handle().live();
  if (record == nullptr) return nullptr;
  const bool taken = (record->flags & detail::flag_adopted) != 0 && record->kind == SpanKind::llm;
  return taken && !claimed_ ? nullptr : record;
}

void StreamRecorder::note_content(Record& record) noexcept {
  if (first_content_ == 0) first_content_ = record.tracer->now();
}

void StreamRecorder::append(Tag tag, std::string_view delta, std::uint64_t& seen) noexcept {
  Record* record = record_to_fill();
  if (record == nullptr) return;
  ++pieces_;
  if (delta.empty()) return;
  note_content(*record);
  const std::uint64_t limit = record->tracer->max_output;
  if (captures_ && captures_output(*record) && seen < limit)
    detail::append_delta(*record, tag, delta.substr(0, static_cast<std::size_t>(limit - seen)));
  seen += delta.size();
  if (seen > limit) record->flags = static_cast<std::uint16_t>(record->flags | detail::flag_text_cut);
}

StreamRecorder& StreamRecorder::text(Text delta) noexcept {
  append(Tag::text_piece, delta, text_bytes_);
  if (also_) also_->text(delta);
  return *this;
}

StreamRecorder& StreamRecorder::reasoning(Text delta) noexcept {
  append(Tag::reasoning_piece, delta, reasoning_bytes_);
  if (also_) also_->reasoning(delta);
  return *this;
}

StreamRecorder& StreamRecorder::content() noexcept {
  if (Record* record = record_to_fill()) {
    ++pieces_;
    note_content(*record);
  }
  if (also_) also_->content();
  return *this;
}

StreamRecorder& StreamRecorder::bytes(Text received) noexcept {
  if (Record* record = record_to_fill()) {
    if (!captures_) record->flags = static_cast<std::uint16_t>(record->flags | detail::flag_hide_output);
    detail::capture_response(*record, received, false);
  }
  return *this;
}

StreamRecorder& StreamRecorder::set_exchange(const ExchangeHints& hints) noexcept {
  is_exchange_ = true;
  if (record_to_fill() != nullptr) span().set_exchange(hints);
  return *this;
}

StreamRecorder& StreamRecorder::restart() noexcept {
  if (Record* record = record_to_fill()) detail::drop_response(*record);
  return *this;
}

StreamRecorder& StreamRecorder::usage(const Usage& usage) noexcept {
  detail::merge_usage(usage_, usage);
  return *this;
}

void StreamRecorder::also(const SpanRef& outer) noexcept {
  if (!outer.recording() || outer.handle().record == span().handle().record) return;
  if (also_) return also_->also(outer);
  also_.reset(new (std::nothrow) StreamRecorder{Holding{}, outer});
}

void StreamRecorder::write_figures(FieldWriter& to, TracerCore& tracer) noexcept {
  if (pieces_ != 0) to.int64(Tag::chunk_count, {}, static_cast<std::int64_t>(pieces_));
  if (first_content_ != 0)
    to.int64(Tag::time_to_first_token, {}, first_content_ - to.record().head().start_ticks);
  if (text_bytes_ > tracer.max_output) to.note_truncated(Tag::output_text, {}, text_bytes_);
  if (reasoning_bytes_ > tracer.max_output) to.note_truncated(Tag::reasoning, {}, reasoning_bytes_);
  detail::fill_usage(to, usage_);
}

void StreamRecorder::close(Outcome outcome) noexcept {
  Record* record = span().handle().live();
  if (record != nullptr) {
    FieldWriter to{detail::started_core()->slow.writer, *record};
    if (record_to_fill() != nullptr) write_figures(to, *record->tracer);
    if (!is_exchange_) to.boolean(Tag::stream, {}, true);
    if (outcome == Outcome::cancelled) to.boolean(Tag::cancelled, {}, true);
  }
  end();
}

void StreamRecorder::end() noexcept {
  if (!holds_) return own_.recording() ? own_.end() : void();
  holds_ = false;
  Record* record = held_.live();
  detail::SharedText::release(std::exchange(held_.context.trace_state, nullptr));
  if (record == nullptr || session_ == detail::held_by_stream) return;
  record->session = session_;
  if ((record->flags & detail::flag_end_wanted) == 0) return;
  record->flags = static_cast<std::uint16_t>(record->flags & ~unsigned{detail::flag_end_wanted});
  Core& core = *detail::started_core();
  if (detail::ThreadState* thread = detail::thread_state(core)) detail::end_span(core, *thread, record);
}

void StreamRecorder::finish() noexcept {
  close(Outcome::consumed);
  if (also_) also_->finish();
}

void StreamRecorder::fail(const std::exception_ptr& error) noexcept {
  SpanRef failed = span();
  if (failed.recording() && !failed.has_field(Tag::error)) failed.record_exception(error);
  close(Outcome::failed);
  if (also_) also_->fail(error);
}

void StreamRecorder::cancel() noexcept {
  close(Outcome::cancelled);
  if (also_) also_->cancel();
}

LLMTRACE_END_NAMESPACE
