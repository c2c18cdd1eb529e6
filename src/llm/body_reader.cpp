#include "llm/body_reader.hpp"

#include "llm/base64.hpp"

#include <algorithm>
#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::size_t longest_head = 16;
constexpr std::size_t longest_text = 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_space(char byte) noexcept { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The fields with which a stream of events may begin; a shorter head may become one of them.
bool begins_as_sse(std::string_view head) {
  if (head.starts_with(':')) return true;
  for (const std::string_view field : {"data:", "event:", "id:", "retry:"}) {
    if (head.starts_with(field)) return true;
  }
  return false;
}

bool may_become_sse(std::string_view head) {
  for (const std::string_view field : {"data:", "event:", "id:", "retry:"}) {
    if (field.starts_with(head)) return true;
  }
  return false;
}

bool begins_as_json(char byte) noexcept {
  return byte == '{' || byte == '[' || byte == '"' || byte == '-' || (byte >= '0' && byte <= '9');
}

// {"bytes":"…"} of an invoke stream.
class InnerBytes final : public JsonTarget {
 public:
  void problem(Problem, std::string_view) override {}
  std::string bytes;
};

void set_bytes(InnerBytes& inner, const JsonValue& value) { inner.bytes.assign(value.text); }

constexpr JsonRow inner_rows[] = {
    row<&set_bytes>("bytes", take::text | take::long_text),
    row<&set_bytes>("chunk.bytes", take::text | take::long_text),
};

const JsonTable& inner_table() {
  static const JsonTable& table = *new JsonTable{{{inner_rows}}};
  return table;
}

}  // namespace

BodyReader::BodyReader(const JsonTable& table, JsonTarget& target, BodyEvents& events, BodyOptions options,
                       const ReaderLimits& limits)
    : target_{target},
      events_{events},
      options_{std::move(options)},
      limits_{limits},
      scanner_{table, target, {limits.short_text, limits.text}},
      frames_{*this, limits.frame} {}

BodyReader::~BodyReader() = default;

bool BodyReader::is_media() const noexcept {
  const std::string_view type = options_.content_type;
  return type.starts_with("audio/") || type.starts_with("image/") || type.starts_with("video/");
}

void BodyReader::feed(std::string_view piece) {
  bytes_ += piece.size();
  if (encoding_decided_) return feed_encoded(piece);
  undecided_.append(piece);
  decide_encoding(false);
}

// Recordings often hold a body that was inflated before and still carries the header, so the bytes decide.
void BodyReader::decide_encoding(bool at_end) {
  if (encoding_decided_) return;
  const std::string_view head = undecided_;
  const bool deflate_said = contains(options_.content_encoding, "deflate");
  constexpr std::string_view gzip_magic = "\x1F\x8B\x08";
  constexpr std::size_t enough = 8;  // to know the beginning of a stream of events
  const bool too_short =
      deflate_said ? head.size() < enough : gzip_magic.starts_with(head) && head.size() < 3;
  if (too_short && !at_end) return;
  encoding_decided_ = true;
  const bool deflate = deflate_said && !head.empty() && !begins_as_json(head.front()) &&
                       !is_space(head.front()) && !begins_as_sse(head);
  if (is_gzip(head) || deflate) inflater_ = std::make_unique<Inflater>(limits_.inflated);
  feed_encoded(std::exchange(undecided_, {}));
}

void BodyReader::feed_encoded(std::string_view bytes) {
  if (!inflater_) return feed_plain(bytes);
  if (inflater_lost_) return;
  const auto outcome = inflater_->feed(bytes, [this](std::string_view part) { feed_plain(part); });
  if (outcome == Inflater::Outcome::damaged) target_.problem(Problem::bad_encoding, "");
  if (outcome == Inflater::Outcome::too_large) target_.problem(Problem::bad_encoding, "inflated_too_large");
}

void BodyReader::feed_plain(std::string_view bytes) {
  if (framing_ != Framing::unknown) return feed_frames(bytes);
  head_.append(bytes);
  decide(false);
}

void BodyReader::decide(bool at_end) {
  std::string_view head = head_;
  const bool may_be_mark = !head.empty() && head.size() < byte_order_mark.size();
  if (may_be_mark && byte_order_mark.starts_with(head) && !at_end) return;
  if (head.starts_with(byte_order_mark)) head.remove_prefix(byte_order_mark.size());
  if (is_media()) {
    framing_ = Framing::text;
  } else if (contains(options_.content_type, "vnd.amazon.eventstream") || is_event_stream(head)) {
    if (head.size() < 12 && !at_end) return;
    framing_ = is_event_stream(head) ? Framing::event_stream : Framing::unknown;
  }
  // a binary prelude begins with a zero byte, as no text does
  if (framing_ == Framing::unknown && head.starts_with('\0') && head.size() < 12 && !at_end) return;
  if (framing_ == Framing::unknown) {
    while (!head.empty() && is_space(head.front())) head.remove_prefix(1);
    if (head.empty() && !at_end) {
      if (head_.size() > longest_head) head_.assign(1, ' ');  // a mark or a frame would have come first
      return;
    }
    if (head == "-" && !at_end) return;
    if (head.starts_with('<')) {
      framing_ = Framing::html;
    } else if (begins_as_sse(head)) {
      framing_ = Framing::sse;
    } else if (!at_end && may_become_sse(head)) {
      return;
    } else {
      const bool word = head.starts_with("null") || head.starts_with("true") || head.starts_with("false");
      const bool may_be_word = !at_end && (std::string_view{"null"}.starts_with(head) ||
                                           std::string_view{"true"}.starts_with(head) ||
                                           std::string_view{"false"}.starts_with(head));
      if (may_be_word) return;
      const bool form = head.starts_with("--");
      const bool json = !head.empty() && !form && (begins_as_json(head.front()) || word);
      framing_ = json || head.empty() ? Framing::json : Framing::text;
    }
  }
  const std::string rest{head};
  head_.clear();
  feed_frames(rest);
}

void BodyReader::feed_frames(std::string_view bytes) {
  switch (framing_) {
    case Framing::json: return scanner_.feed(bytes);
    case Framing::sse: return sse_.feed(bytes);
    case Framing::event_stream: return frames_.feed(bytes);
    default: break;
  }
  if (!is_media()) text_.append(bytes.substr(0, longest_text - std::min(longest_text, text_.size())));
}

void BodyReader::gap() {
  decide_encoding(true);
  if (framing_ == Framing::unknown) decide(true);
  if (inflater_) {
    inflater_lost_ = true;
    return;
  }
  switch (framing_) {
    case Framing::json: return scanner_.gap(limits_.tail);
    case Framing::sse: return sse_.gap();
    case Framing::event_stream: return frames_.gap();
    default: return;
  }
}

void BodyReader::finish() {
  decide_encoding(true);
  if (framing_ == Framing::unknown && !head_.empty()) decide(true);
  if (framing_ == Framing::sse) sse_.finish();
  scanner_.end_document();
}

void BodyReader::event_data(std::string_view piece, std::string_view name) {
  if (!event_begun_) events_.chunk_begins(name);
  event_begun_ = true;
  if (options_.plain_text_events) return events_.text_event(piece);
  scanner_.feed(piece);
}

void BodyReader::event_end(std::string_view name) {
  if (!event_begun_) events_.chunk_begins(name);
  event_begun_ = false;
  scanner_.end_document();
  events_.chunk(name);
}

void BodyReader::stream_done() { events_.stream_done(); }

void BodyReader::frame(const EventFrame& frame) {
  events_.chunk_begins(frame.event_type);
  if (frame.message_type == "exception" || frame.message_type == "error") {
    events_.exception(frame);
    return events_.chunk(frame.event_type);
  }
  if (options_.inner_bytes) {
    InnerBytes inner;
    JsonScanner outer{inner_table(), inner, {limits_.short_text, limits_.frame}};
    outer.feed(frame.payload);
    outer.end_document();
    scanner_.feed(decode_base64(inner.bytes));
  } else {
    scanner_.feed(frame.payload);
  }
  // a payload of SageMaker may end inside of a document
  if (frame.event_type != "PayloadPart") scanner_.end_document();
  events_.chunk(frame.event_type);
}

void BodyReader::damaged() { target_.problem(Problem::bad_checksum, ""); }

}  // namespace llmtrace::llm
