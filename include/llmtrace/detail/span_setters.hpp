// The setters that every kind of span object has. None throws, blocks or does anything when the span is not
// recorded.
#pragma once

#include <llmtrace/context.hpp>
#include <llmtrace/detail/put_field.hpp>
#include <llmtrace/span_options.hpp>

#include <exception>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

LLMTRACE_API void record_exception(FieldWriter& to, Record& record, const std::exception_ptr& error) noexcept;
LLMTRACE_API void record_exception(FieldWriter& to, Record& record, const std::exception& error) noexcept;
LLMTRACE_API void write_options(FieldWriter& to, TracerCore& tracer, const SpanOptions& options) noexcept;

LLMTRACE_API void write_hints(FieldWriter& to, TracerCore& tracer, const ExchangeHints& hints) noexcept;
// Bytes for the worker to read: one copy, nothing else. `record` has its tracer, and memory may refuse.
LLMTRACE_API void capture_request(Record& record, std::string_view body) noexcept;
LLMTRACE_API void capture_response(Record& record, std::string_view bytes, bool from_start) noexcept;
LLMTRACE_API void drop_response(Record& record) noexcept;
// One more delta of a text that arrives in pieces.
LLMTRACE_API void append_delta(Record& record, Tag tag, std::string_view delta) noexcept;

inline constexpr Parent no_parent{};

// A span may differ from its tracer in what it captures.
LLMTRACE_INLINE bool captures_input(const Record& record) noexcept {
  return record.tracer->capture_input != ((record.flags & flag_other_input) != 0);
}
LLMTRACE_INLINE bool captures_output(const Record& record) noexcept {
  return record.tracer->capture_output != ((record.flags & flag_other_output) != 0);
}
inline void set_flag(Record& record, RecordFlags flag, bool value) noexcept {
  const unsigned others = record.flags & ~static_cast<unsigned>(flag);
  record.flags = static_cast<std::uint16_t>(value ? others | flag : others);
}
inline void redact_record(Record& record, RedactMode mode) noexcept {
  record.head().redaction = static_cast<std::uint8_t>(static_cast<unsigned>(mode) + redact_off);
}

inline void write_usage(FieldWriter& to, const Usage& usage) noexcept {
  const std::int64_t counts[] = {usage.input,
                                 usage.output,
                                 usage.total,
                                 usage.input_cached,
                                 usage.input_cache_write,
                                 usage.input_cache_write_5m,
                                 usage.input_cache_write_1h,
                                 usage.output_reasoning,
                                 usage.input_audio,
                                 usage.output_audio,
                                 usage.input_image,
                                 usage.output_image};
  auto tag = static_cast<std::uint8_t>(Tag::usage_input);
  for (const std::int64_t count : counts) {
    if (count >= 0) to.int64(static_cast<Tag>(tag), {}, count);
    ++tag;
  }
}

template <class Make>
using IfCallable = std::enable_if_t<std::is_invocable_v<Make&>, int>;

// Shared by every kind of span object; `Self` gives its handle. Where a setter takes a callable, that runs
// only when the span records; what it throws goes to the caller.
template <class Self>
class SpanSetters {
 public:
  [[nodiscard]] TraceId trace_id_value() const noexcept { return handle().context.trace_id; }
  [[nodiscard]] std::string trace_id() const { return to_hex(handle().context.trace_id); }
  [[nodiscard]] std::string span_id() const { return to_hex(handle().context.span_id); }
  [[nodiscard]] SpanContext context() const { return detail::context_of(handle()); }
  // Whether what is set reaches anyone: false when sampled out, ended, moved from or without a tracer.
  [[nodiscard]] bool recording() const noexcept { return handle().live() != nullptr; }
  explicit operator bool() const noexcept { return recording(); }

  Self& set_name(Text name) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) { to.text(Tag::name, {}, name, tracer.max_name); });
  }
  Self& set_model(Text model) noexcept { return text(Tag::model, model); }
  Self& set_provider(Text provider) noexcept { return text(Tag::provider, provider); }
  Self& set_operation(Text operation) noexcept { return text(Tag::operation, operation); }
  Self& set_agent_type(Text type) noexcept { return text(Tag::agent_type, type); }
  Self& set_response_model(Text model) noexcept { return text(Tag::response_model, model); }
  Self& set_response_id(Text id) noexcept { return text(Tag::response_id, id); }
  Self& add_finish_reason(Text reason) noexcept { return text(Tag::finish_reason, reason); }

  // What went in.
  LLMTRACE_INLINE Self& set_input(const Value& input) noexcept {
    Record* record = handle().live();
    if (record != nullptr && captures_input(*record))
      put_value(*record, Tag::input, {}, input, record->tracer->max_input);
    return self();
  }
  Self& set_input_json(Text json) noexcept { return set_input(Value(Json{json})); }
  template <class Make, IfCallable<Make> = 0>
  Self& set_input_json(Make&& make) {
    return recording() ? set_input_json(Text{make()}) : self();
  }
  template <class Make, IfCallable<Make> = 0>
  Self& set_input(Make&& make) {
    return recording() ? set_input(Value(make())) : self();
  }

  // What came out, with its tokens and cost where they are known.
  LLMTRACE_INLINE Self& set_output(const Value& output) noexcept {
    Record* record = handle().live();
    if (record != nullptr && captures_output(*record))
      put_value(*record, Tag::output, {}, output, record->tracer->max_output);
    return self();
  }
  Self& set_output(const Value& output, const Usage& usage, double cost_usd = unknown_cost) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      if (captures_output(to.record())) output.write(to, Tag::output, {}, tracer.max_output);
      write_usage(to, usage);
      if (cost_usd >= 0) to.real(Tag::cost, {}, cost_usd);
    });
  }
  template <class Make, IfCallable<Make> = 0>
  Self& set_output(Make&& make, const Usage& usage, double cost_usd = unknown_cost) {
    return recording() ? set_output(Value(make()), usage, cost_usd) : self();
  }
  Self& set_output_json(Text json) noexcept { return set_output(Value(Json{json})); }
  template <class Make, IfCallable<Make> = 0>
  Self& set_output_json(Make&& make) {
    return recording() ? set_output_json(Text{make()}) : self();
  }
  template <class Make, IfCallable<Make> = 0>
  Self& set_output(Make&& make) {
    return recording() ? set_output(Value(make())) : self();
  }

  // Whether what goes in and comes out of this span is recorded from here on, whatever the tracer's options
  // say.
  Self& capture_inputs(bool wanted) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      set_flag(to.record(), flag_other_input, wanted != tracer.capture_input);
    });
  }
  Self& capture_outputs(bool wanted) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      set_flag(to.record(), flag_other_output, wanted != tracer.capture_output);
    });
  }
  // What is hidden of this span before it leaves the process, whatever the tracer's options say.
  Self& set_redact(RedactMode mode) noexcept {
    return write([&](FieldWriter& to, TracerCore&) { redact_record(to.record(), mode); });
  }
  Self& redact_pii(bool wanted = true) noexcept {
    return set_redact(wanted ? RedactMode::pii : RedactMode::secrets);
  }

  Self& set_usage(const Usage& usage) noexcept {
    return write([&](FieldWriter& to, TracerCore&) { write_usage(to, usage); });
  }
  Self& set_cost(double usd) noexcept {
    return write([&](FieldWriter& to, TracerCore&) {
      if (usd >= 0) to.real(Tag::cost, {}, usd);
    });
  }

  LLMTRACE_INLINE Self& set(Text key, const Value& value) noexcept {
    return keyed(Tag::attribute, key, value);
  }
  Self& set(std::initializer_list<Field> attributes) noexcept { return keyed(Tag::attribute, attributes); }
  template <class Make, IfCallable<Make> = 0>
  Self& set(Text key, Make&& make) {
    return recording() ? set(key, Value(make())) : self();
  }
  LLMTRACE_INLINE Self& set_metadata(Text key, const Value& value) noexcept {
    return keyed(Tag::metadata, key, value);
  }
  template <class Make, IfCallable<Make> = 0>
  Self& set_metadata(Text key, Make&& make) {
    return recording() ? set_metadata(key, Value(make())) : self();
  }
  Self& set_metadata(std::initializer_list<Field> fields) noexcept { return keyed(Tag::metadata, fields); }
  Self& set_parameters(std::initializer_list<Field> parameters) noexcept {
    return keyed(Tag::parameter, parameters);
  }
  Self& set_parameter(Text key, const Value& value) noexcept { return keyed(Tag::parameter, key, value); }
  template <class Make, IfCallable<Make> = 0>
  Self& set_parameter(Text key, Make&& make) {
    return recording() ? set_parameter(key, Value(make())) : self();
  }

  Self& add_message(Text role, Text content) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      if (captures_input(to.record())) to.text(Tag::message, role, content, tracer.max_input);
    });
  }
  template <class Make, IfCallable<Make> = 0>
  Self& add_message(Text role, Make&& make) {
    return recording() ? add_message(role, Text{make()}) : self();
  }
  Self& set_messages(std::initializer_list<Message> messages) noexcept {
    for (const Message& message : messages) add_message(message.role, message.content);
    return self();
  }
  Self& set_messages_json(Text json) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      if (captures_input(to.record())) to.text(Tag::messages, {}, json, tracer.max_input, ValueType::json);
    });
  }
  template <class Make, IfCallable<Make> = 0>
  Self& set_messages_json(Make&& make) {
    return recording() ? set_messages_json(Text{make()}) : self();
  }

  template <class... More>
  Self& set_messages(Text role, Text content, const More&... more) noexcept {
    static_assert(sizeof...(more) % 2 == 0, "each message is a role and a content");
    add_message(role, content);
    if constexpr (sizeof...(more) != 0) set_messages(more...);
    return self();
  }

  // What came out of a model, where it is known in parts; a stream's adapter and the reader set these too.
  Self& set_output_text(Text text) noexcept { return shown(Tag::output_text, text); }
  Self& set_reasoning(Text text) noexcept { return shown(Tag::reasoning, text); }
  // `arguments`: JSON as the model wrote it.
  Self& add_tool_call(Text id, Text name, Text arguments) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      if (!captures_output(to.record())) return;
      const auto call = to.open(Tag::tool_call, ValueType::object, id, tracer.max_output);
      if (call == FieldWriter::no_container) return;
      to.text(Tag::dead, "name", name, tracer.max_text);
      to.text(Tag::dead, "arguments", arguments, tracer.max_output);
      to.close(call);
    });
  }

  // The bytes of an exchange with a provider as they went over the wire, in any API and encoding. The worker
  // reads model, parameters, messages, text, tool calls, tokens and errors out of them; what the program sets
  // itself wins. Costs a copy of the bytes.
  Self& record_request(Text body, const ExchangeHints& hints = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      capture_request(to.record(), body);
      write_hints(to, tracer, hints);
    });
  }
  // A whole response, in place of what was recorded of one before.
  Self& record_response(Text body, const ExchangeHints& hints = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      capture_response(to.record(), body, true);
      write_hints(to, tracer, hints);
    });
  }
  // The next bytes of a response, cut anywhere.
  Self& record_chunk(Text bytes) noexcept {
    return write([&](FieldWriter& to, TracerCore&) { capture_response(to.record(), bytes, false); });
  }
  Self& set_exchange(const ExchangeHints& hints) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) { write_hints(to, tracer, hints); });
  }

  Self& add_event(Text name, std::initializer_list<Field> attributes = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      const auto event = to.open(Tag::event, ValueType::object, name, FieldWriter::no_limit);
      if (event == FieldWriter::no_container) return;
      to.int64(Tag::dead, {}, tracer.now());
      to.limit_rest(tracer.max_text);
      for (const Field& field : attributes) field.value.write(to, Tag::dead, field.key, tracer.max_text);
      to.close(event);
    });
  }
  Self& add_link(const SpanContext& other) noexcept {
    return write([&](FieldWriter& to, TracerCore&) { put_link(to, other.trace_id(), other.span_id()); });
  }
  Self& score(Text name, double value, Text comment = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      const auto score = to.open(Tag::score, ValueType::object, name, FieldWriter::no_limit);
      if (score == FieldWriter::no_container) return;
      to.real(Tag::dead, "value", value);
      to.limit_rest(tracer.max_text);
      if (!comment.empty()) to.text(Tag::dead, "comment", comment, tracer.max_text);
      to.close(score);
    });
  }

  Self& set_status(Status status, Text message = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      constexpr unsigned said = flag_error | flag_ok;
      const unsigned flag = status == Status::error ? unsigned{flag_error}
                            : status == Status::ok  ? unsigned{flag_ok}
                                                    : 0u;
      to.record().flags = static_cast<std::uint16_t>((to.record().flags & ~said) | flag);
      if (!message.empty()) to.text(Tag::status, {}, message, tracer.max_text);
    });
  }
  Self& set_error(Text message) noexcept { return set_error({}, message); }
  Self& set_error(Text type, Text message) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      to.record().flags = static_cast<std::uint16_t>((to.record().flags & ~unsigned{flag_ok}) | flag_error);
      to.text(Tag::error, type, message, tracer.max_text);
    });
  }
  Self& record_exception(const std::exception& error) noexcept {
    return write([&](FieldWriter& to, TracerCore&) { detail::record_exception(to, to.record(), error); });
  }
  // Follows nested exceptions.
  Self& record_exception(const std::exception_ptr& error) noexcept {
    return write([&](FieldWriter& to, TracerCore&) { detail::record_exception(to, to.record(), error); });
  }

 protected:
  // Runs `set` on the record if there is one to write to.
  template <class Set>
  Self& write(Set&& set) noexcept {
    Record* record = handle().live();
    if (record != nullptr) {
      FieldWriter writer{started_core()->slow.writer, *record};
      set(writer, *record->tracer);
    }
    return self();
  }
  Self& text(Tag tag, std::string_view value) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) { to.text(tag, {}, value, tracer.max_text); });
  }
  Self& shown(Tag tag, std::string_view value) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      if (captures_output(to.record())) to.text(tag, {}, value, tracer.max_output);
    });
  }
  LLMTRACE_INLINE Self& keyed(Tag tag, std::string_view key, const Value& value) noexcept {
    if (Record* record = handle().live()) put_value(*record, tag, key, value, record->tracer->max_text);
    return self();
  }
  Self& keyed(Tag tag, std::initializer_list<Field> fields) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      for (const Field& field : fields) field.value.write(to, tag, field.key, tracer.max_text);
    });
  }

 private:
  [[nodiscard]] const Handle& handle() const noexcept { return static_cast<const Self&>(*this).handle_; }
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace detail

LLMTRACE_END_NAMESPACE
