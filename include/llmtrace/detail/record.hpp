// A span as the bytes that travel: one fixed head and then tagged fields, appended as they are set and read
// from front to back. Nothing in it points anywhere, so a record may lie in a file and outlive the process
// that wrote it. Host threads write it, the worker reads it (src/core/record_view.hpp).
#pragma once

#include <llmtrace/detail/ids.hpp>

#include <cstddef>
#include <cstring>
#include <string_view>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::uint8_t record_version = 1;

// Tags below `first_repeated` hold one value: a second one replaces the first.
enum class Tag : std::uint8_t {
  dead = 0,  // a field that was replaced; readers pass over it
  name,
  model,
  provider,
  operation,
  agent_type,
  input,
  output,
  status,  // text: the message; the status itself is in the head's flags
  error,   // key: the type; value: the message
  cost,
  messages,
  response_model,
  response_id,
  output_text,
  reasoning,
  stream,
  cancelled,
  time_to_first_token,  // ticks
  chunk_count,
  user_id,
  session_id,
  release,
  environment,
  usage_input,
  usage_output,
  usage_total,
  usage_input_cached,
  usage_input_cache_write,
  usage_input_cache_write_5m,
  usage_input_cache_write_1h,
  usage_output_reasoning,
  usage_input_audio,
  usage_output_audio,
  usage_input_image,
  usage_output_image,
  trace_state,
  request_body,  // key: empty, or where head and tail meet and the original size, when the middle is missing
  response_piece,   // any number of them, in order; key: the ticks of its coming
  response_value,   // a reply that is JSON, or text that looks like it
  response_tail,    // a ring of the last bytes; key: how many went through it
  text_piece,       // any number of them, in order: the deltas of a stream
  reasoning_piece,  // the same
  cost_source,
  last_single = cost_source,
  first_repeated = 64,
  attribute = first_repeated,
  metadata,
  parameter,
  event,  // key: the name; object whose first item, without a key, is the time in ticks
  link,   // object: trace_id, span_id as integers, then attributes
  score,  // key: the name; object: value, comment
  trace_tag,
  message,  // key: the role; value: the content
  finish_reason,
  truncated,    // value: the original size; key: an attribute's (unsigned value), or one byte, a tag (signed
                // value)
  usage_part,   // key: the wire's name of a count that has no tag of its own
  tool_call,    // key: the id; object: name, arguments
  cost_detail,  // key: the component; a number
  exchange_hint,  // key: url, provider, …; what is known beside the bodies
  last_repeated = exchange_hint,
};

// Fields that the user names, each by its key.
constexpr bool is_named_by_key(Tag tag) noexcept {
  return tag == Tag::attribute || tag == Tag::metadata || tag == Tag::parameter;
}

enum class ValueType : std::uint8_t { null, boolean, int64, uint64, real, text, json, object, array };

// Precedes every field, and every item inside an object or an array (whose `tag` is zero).
struct FieldHead {
  std::uint8_t tag;
  std::uint8_t type;
  std::uint16_t key_size;
  std::uint32_t value_size;
};
static_assert(sizeof(FieldHead) == 8);

inline constexpr std::size_t max_key_bytes = 1024;

enum class RecordType : std::uint8_t { span = 1, trace_start = 2 };

enum RecordFlags : std::uint16_t {
  flag_root = 1,                // first span of its trace in this process
  flag_header = 2,              // root without a parent anywhere: this process sends the trace's header
  flag_trace_scope = 4,         // opened by a TraceScope: its metadata and tags are the trace's
  flag_error = 8,               // status error
  flag_ok = 16,                 // status ok, said by the user
  flag_left_by_exception = 32,  // an exception flew past the guard
  flag_orphan = 64,             // its parent had ended, or belonged to another trace
  flag_adopted = 128,           // an automatic layer has filled this llm span
  flag_fields_dropped = 256,    // the record's size limit or memory refused a field
  flag_end_wanted = 512,        // its guard has died while a stream still holds it open
  flag_hide_input = 1024,       // the request was recorded for what it asks for, not for its text
  flag_hide_output = 2048,      // the same of the response
  flag_text_cut = 4096,         // some text of it was cut, and may end in the middle of a secret
  flag_other_input = 8192,      // inputs are captured where the tracer's are not, or the other way round
  flag_other_output = 16384,    // the same of outputs
};

// What is hidden of this span alone, in place of what is of its tracer's.
enum RecordRedaction : std::uint8_t { redact_as_usual = 0, redact_off, redact_secrets, redact_pii };

struct RecordHead {
  std::uint8_t version;
  std::uint8_t type;
  std::uint8_t kind;
  std::uint8_t redaction;  // RecordRedaction
  std::uint16_t flags;
  std::uint16_t reserved2;
  std::uint64_t trace_high;
  std::uint64_t trace_low;
  std::uint64_t span_id;
  std::uint64_t parent_id;
  std::int64_t start_ticks;
  std::int64_t end_ticks;
};
static_assert(sizeof(RecordHead) == 56);

// Stands before each record in the journal. The reader believes a frame whose `commit` equals
// `commit_word(…)`.
struct FrameHead {
  std::uint32_t size;   // of the record, without this head; `frame_is_no_span` may be set in it
  std::uint32_t epoch;  // of the segment: what an earlier use of the memory left behind does not match
  std::uint64_t commit;
};
static_assert(sizeof(FrameHead) == 16);

inline constexpr std::uint32_t frame_is_no_span = 0x80000000u;  // known even when the record is never written

constexpr std::uint64_t commit_word(std::uint32_t epoch, std::uint32_t offset, std::uint32_t size) noexcept {
  const std::uint64_t mixed = ((static_cast<std::uint64_t>(epoch) << 32) | offset) * 0x9e3779b97f4a7c15ULL;
  return (mixed ^ (static_cast<std::uint64_t>(size) << 17)) | 1;
}

inline constexpr std::size_t record_prefix = sizeof(FrameHead) + sizeof(RecordHead);

}  // namespace detail
LLMTRACE_END_NAMESPACE
