// The setters that every kind of span object has. None throws, blocks or does anything when the span is not
// recorded.
#pragma once

#include <llmtrace/context.hpp>
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

// The general way, for every type of value. By value: a reference would keep the caller's value out of
// registers.
LLMTRACE_COLD inline void put_any_value(Record& record, Tag tag, std::string_view key, Value value,
                                        std::size_t limit) noexcept {
  FieldWriter writer{started_core()->slow.writer, record};
  value.write(writer, tag, key, limit);
}

// For what does not fit, was set before or is to be cut. By its parts: a reference would keep the caller's
// value out of registers.
LLMTRACE_COLD inline void put_text_slowly(Record& record, Tag tag, ValueType type, std::string_view key,
                                          std::string_view text, std::size_t limit) noexcept {
  FieldWriter{started_core()->slow.writer, record}.text(tag, key, text, limit, type);
}
LLMTRACE_COLD inline void put_scalar_slowly(Record& record, Tag tag, ValueType type, std::string_view key,
                                            std::uint64_t bits) noexcept {
  FieldWriter{started_core()->slow.writer, record}.put(tag, type, key, &bits, sizeof(bits));
}

LLMTRACE_INLINE constexpr std::uint64_t single_bit(Tag tag) noexcept {
  return tag < Tag::first_repeated ? 1ULL << static_cast<unsigned>(tag) : 0;
}

// Whether another field of that tag simply goes to the end of the record, which then has counted it.
LLMTRACE_INLINE bool may_append(Record& record, Tag tag) noexcept {
  if (single_bit(tag) == 0) return LLMTRACE_LIKELY(--record.repeats_left >= 0);
  const bool fresh = (record.present & single_bit(tag)) == 0;
  if (LLMTRACE_LIKELY(fresh)) record.present |= single_bit(tag);
  return LLMTRACE_LIKELY(fresh);
}

LLMTRACE_INLINE unsigned char* put_field_head(unsigned char* at, Tag tag, ValueType type,
                                              std::string_view key, std::size_t size) noexcept {
  const FieldHead head{static_cast<std::uint8_t>(tag), static_cast<std::uint8_t>(type),
                       static_cast<std::uint16_t>(key.size()), static_cast<std::uint32_t>(size)};
  std::memcpy(at, &head, sizeof(head));
  if (!key.empty()) std::memcpy(at + sizeof(head), key.data(), key.size());
  return at + sizeof(head) + key.size();
}

LLMTRACE_INLINE void put_text(Record& record, Tag tag, ValueType type, std::string_view key,
                              std::string_view text, std::size_t limit) noexcept {
  const std::size_t need = sizeof(FieldHead) + key.size() + text.size();
  if (LLMTRACE_UNLIKELY(text.size() > limit) || LLMTRACE_UNLIKELY(!record.has_room(need)) ||
      !may_append(record, tag))
    return put_text_slowly(record, tag, type, key, text, limit);
  unsigned char* to = put_field_head(record.extend(need), tag, type, key, text.size());
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
}

LLMTRACE_INLINE void put_scalar(Record& record, Tag tag, ValueType type, std::string_view key,
                                std::uint64_t bits) noexcept {
  const std::size_t need = sizeof(FieldHead) + key.size() + sizeof(bits);
  if (LLMTRACE_UNLIKELY(!record.has_room(need)) || !may_append(record, tag))
    return put_scalar_slowly(record, tag, type, key, bits);
  std::memcpy(put_field_head(record.extend(need), tag, type, key, sizeof(bits)), &bits, sizeof(bits));
}

// Where the compiler sees the key and the type, which is nearly everywhere, a field is a handful of stores.
LLMTRACE_INLINE void put_value(Record& record, Tag tag, std::string_view key, const Value& value,
                               std::size_t limit) noexcept {
  constexpr std::size_t short_key = 32;
  const std::size_t key_size = key.size();
  if (!__builtin_constant_p(key_size) || key_size > short_key || !value.is_plain() ||
      value.type() == ValueType::null)
    return put_any_value(record, tag, key, value, limit);
  if (value.is_text()) return put_text(record, tag, value.type(), key, value.text(), limit);
  put_scalar(record, tag, value.type(), key, value.bits());
}

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

// Shared by every kind of span object; `Self` gives its handle.
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

  Self& set_name(std::string_view name) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) { to.text(Tag::name, {}, name, tracer.max_name); });
  }
  Self& set_model(std::string_view model) noexcept { return text(Tag::model, model); }
  Self& set_provider(std::string_view provider) noexcept { return text(Tag::provider, provider); }
  Self& set_operation(std::string_view operation) noexcept { return text(Tag::operation, operation); }
  Self& set_agent_type(std::string_view type) noexcept { return text(Tag::agent_type, type); }
  Self& set_response_model(std::string_view model) noexcept { return text(Tag::response_model, model); }
  Self& set_response_id(std::string_view id) noexcept { return text(Tag::response_id, id); }
  Self& add_finish_reason(std::string_view reason) noexcept { return text(Tag::finish_reason, reason); }

  // What went in. A callable runs only when the span records.
  LLMTRACE_INLINE Self& set_input(const Value& input) noexcept {
    Record* record = handle().live();
    if (record != nullptr && captures_input(*record))
      put_value(*record, Tag::input, {}, input, record->tracer->max_input);
    return self();
  }
  Self& set_input_json(std::string_view json) noexcept { return set_input(Value(Json{json})); }
  template <class Make, std::enable_if_t<std::is_invocable_v<Make&>, int> = 0>
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
  Self& set_output_json(std::string_view json) noexcept { return set_output(Value(Json{json})); }
  template <class Make, std::enable_if_t<std::is_invocable_v<Make&>, int> = 0>
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

  LLMTRACE_INLINE Self& set(std::string_view key, const Value& value) noexcept {
    return keyed(Tag::attribute, key, value);
  }
  Self& set(std::initializer_list<Field> attributes) noexcept { return keyed(Tag::attribute, attributes); }
  template <class Make, std::enable_if_t<std::is_invocable_v<Make&>, int> = 0>
  Self& set(std::string_view key, Make&& make) {
    return recording() ? set(key, Value(make())) : self();
  }
  LLMTRACE_INLINE Self& set_metadata(std::string_view key, const Value& value) noexcept {
    return keyed(Tag::metadata, key, value);
  }
  Self& set_metadata(std::initializer_list<Field> fields) noexcept { return keyed(Tag::metadata, fields); }
  Self& set_parameters(std::initializer_list<Field> parameters) noexcept {
    return keyed(Tag::parameter, parameters);
  }
  Self& set_parameter(std::string_view key, const Value& value) noexcept {
    return keyed(Tag::parameter, key, value);
  }

  Self& add_message(std::string_view role, std::string_view content) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      if (captures_input(to.record())) to.text(Tag::message, role, content, tracer.max_input);
    });
  }
  Self& set_messages(std::initializer_list<Message> messages) noexcept {
    for (const Message& message : messages) add_message(message.role, message.content);
    return self();
  }
  Self& set_messages_json(std::string_view json) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      if (captures_input(to.record())) to.text(Tag::messages, {}, json, tracer.max_input, ValueType::json);
    });
  }

  template <class... More>
  Self& set_messages(std::string_view role, std::string_view content, const More&... more) noexcept {
    static_assert(sizeof...(more) % 2 == 0, "each message is a role and a content");
    add_message(role, content);
    if constexpr (sizeof...(more) != 0) set_messages(more...);
    return self();
  }

  // What came out of a model, where it is known in parts; a stream's adapter and the reader set these too.
  Self& set_output_text(std::string_view text) noexcept { return shown(Tag::output_text, text); }
  Self& set_reasoning(std::string_view text) noexcept { return shown(Tag::reasoning, text); }
  // `arguments`: JSON as the model wrote it.
  Self& add_tool_call(std::string_view id, std::string_view name, std::string_view arguments) noexcept {
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
  Self& record_request(std::string_view body, const ExchangeHints& hints = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      capture_request(to.record(), body);
      write_hints(to, tracer, hints);
    });
  }
  // A whole response, in place of what was recorded of one before.
  Self& record_response(std::string_view body, const ExchangeHints& hints = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      capture_response(to.record(), body, true);
      write_hints(to, tracer, hints);
    });
  }
  // The next bytes of a response, cut anywhere.
  Self& record_chunk(std::string_view bytes) noexcept {
    return write([&](FieldWriter& to, TracerCore&) { capture_response(to.record(), bytes, false); });
  }
  Self& set_exchange(const ExchangeHints& hints) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) { write_hints(to, tracer, hints); });
  }

  Self& add_event(std::string_view name, std::initializer_list<Field> attributes = {}) noexcept {
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
  Self& score(std::string_view name, double value, std::string_view comment = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      const auto score = to.open(Tag::score, ValueType::object, name, FieldWriter::no_limit);
      if (score == FieldWriter::no_container) return;
      to.real(Tag::dead, "value", value);
      to.limit_rest(tracer.max_text);
      if (!comment.empty()) to.text(Tag::dead, "comment", comment, tracer.max_text);
      to.close(score);
    });
  }

  Self& set_status(Status status, std::string_view message = {}) noexcept {
    return write([&](FieldWriter& to, TracerCore& tracer) {
      constexpr unsigned said = flag_error | flag_ok;
      const unsigned flag = status == Status::error ? unsigned{flag_error}
                            : status == Status::ok  ? unsigned{flag_ok}
                                                    : 0u;
      to.record().flags = static_cast<std::uint16_t>((to.record().flags & ~said) | flag);
      if (!message.empty()) to.text(Tag::status, {}, message, tracer.max_text);
    });
  }
  Self& set_error(std::string_view message) noexcept { return set_error({}, message); }
  Self& set_error(std::string_view type, std::string_view message) noexcept {
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
