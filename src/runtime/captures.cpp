// What a program hands over of an exchange, copied into the record for the worker to read. A body beyond the
// limit keeps its head and its tail: the model is in the one, the token counts are in the other.
#include <llmtrace/span.hpp>

#include <algorithm>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr std::size_t largest_tail = 256u << 10;
constexpr std::size_t left_for_others = 16u << 10;  // of a record, for what is set behind a large body
constexpr std::size_t longest_hint = 2048;
constexpr std::uint32_t most_pieces = 4096;  // with a time each; what comes later extends the last

constexpr std::uint64_t bit(Tag tag) noexcept { return 1ULL << static_cast<unsigned>(tag); }

const WriterPaths& paths() noexcept { return started_core()->slow.writer; }

std::size_t tail_of(std::size_t limit) noexcept { return std::min(limit / 4, largest_tail); }

// What a body may still take of the record.
std::size_t room_in(const Record& record) noexcept {
  const std::size_t limit = record.tracer->max_record;
  const std::size_t taken = record.size() + std::min(left_for_others, limit / 4);
  return limit > taken ? limit - taken : 0;
}

void mark_dropped(Record& record) noexcept {
  record.flags = static_cast<std::uint16_t>(record.flags | flag_fields_dropped);
}

void remove(Record& record, Tag tag) noexcept {
  if ((record.present & bit(tag)) == 0) return;
  paths().replace(record, static_cast<std::uint8_t>(tag), 0);
  record.present &= ~bit(tag);
}

bool make_room(Record& record, std::size_t need) noexcept {
  if (record.has_room(need)) return true;
  if (paths().grow(record, need)) return true;
  mark_dropped(record);
  return false;
}

// A field at the end of the record whose value is still to be copied in; null when there is no room.
unsigned char* add_field(Record& record, Tag tag, std::string_view key, std::size_t size) noexcept {
  const std::size_t need = sizeof(FieldHead) + key.size() + size;
  if (!make_room(record, need)) return nullptr;
  record.present |= bit(tag);
  return put_field_head(record.extend(need), tag, ValueType::text, key, size);
}

template <class... Numbers>
struct NumberKey {
  explicit NumberKey(Numbers... numbers) noexcept : bytes{} {
    std::size_t at = 0;
    ((std::memcpy(bytes + at, &numbers, sizeof(numbers)), at += sizeof(numbers)), ...);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes, sizeof(bytes)}; }
  char bytes[(sizeof(Numbers) + ...)];
};

FieldHead head_at(const Record& record, std::uint32_t at) noexcept {
  FieldHead head;
  std::memcpy(&head, record.data + at, sizeof(head));
  return head;
}

std::uint32_t end_of(std::uint32_t at, const FieldHead& head) noexcept {
  return at + static_cast<std::uint32_t>(sizeof(head)) + head.key_size + head.value_size;
}

// Makes the last piece of the record longer, when nothing was set behind it.
bool extend_piece(Record& record, Tag tag, std::string_view bytes) noexcept {
  if ((record.present & bit(tag)) == 0 || record.open_piece == 0) return false;
  FieldHead head = head_at(record, record.open_piece);
  if (head.tag != static_cast<std::uint8_t>(tag) || end_of(record.open_piece, head) != record.size())
    return false;
  if (!make_room(record, bytes.size())) return true;  // and is lost, which is marked
  unsigned char* to = record.extend(bytes.size());
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  head.value_size += static_cast<std::uint32_t>(bytes.size());
  std::memcpy(record.data + record.open_piece, &head, sizeof(head));
  return true;
}

void add_piece(Record& record, Tag tag, std::string_view key, std::string_view bytes) noexcept {
  const std::uint32_t at = record.size();
  unsigned char* to = add_field(record, tag, key, bytes.size());
  if (to == nullptr) return;
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  record.open_piece = at;
}

std::uint32_t find_tail(Record& record) noexcept {
  if ((record.present & bit(Tag::response_tail)) == 0) return 0;
  for (std::uint32_t at = sizeof(RecordHead); record.tail_at == 0 && at < record.size();) {
    const FieldHead head = head_at(record, at);
    if (head.tag == static_cast<std::uint8_t>(Tag::response_tail)) record.tail_at = at;
    at = end_of(at, head);
  }
  return record.tail_at;
}

void begin_tail(Record& record, std::size_t size) noexcept {
  const NumberKey<std::uint64_t> none{0};
  record.tail_at = record.size();
  unsigned char* ring = size != 0 ? add_field(record, Tag::response_tail, none.view(), size) : nullptr;
  if (ring == nullptr) return mark_dropped(record);
  std::memset(ring, 0, size);
}

void add_to_tail(Record& record, std::string_view bytes) noexcept {
  const std::uint32_t at = find_tail(record);
  if (at == 0 || bytes.empty()) return;
  unsigned char* count_at = record.data + at + sizeof(FieldHead);
  unsigned char* ring = count_at + sizeof(std::uint64_t);
  const std::size_t size = head_at(record, at).value_size;
  std::uint64_t count = 0;
  std::memcpy(&count, count_at, sizeof(count));
  if (bytes.size() > size) {
    count += bytes.size() - size;
    bytes.remove_prefix(bytes.size() - size);
  }
  const std::size_t place = count % size;
  const std::size_t first = std::min(bytes.size(), size - place);
  std::memcpy(ring + place, bytes.data(), first);
  std::memcpy(ring, bytes.data() + first, bytes.size() - first);
  count += bytes.size();
  std::memcpy(count_at, &count, sizeof(count));
}

// How much of the next bytes still belongs to the head.
std::size_t room_in_head(const Record& record, std::size_t tail) noexcept {
  const std::size_t limit = record.tracer->max_capture - tail;
  const std::size_t wanted = record.captured < limit ? limit - static_cast<std::size_t>(record.captured) : 0;
  const std::size_t others = tail + 2 * (sizeof(FieldHead) + sizeof(std::uint64_t));
  const std::size_t room = room_in(record);
  return std::min(wanted, room > others ? room - others : 0);
}

void begin_response(Record& record, bool from_start) noexcept {
  if (from_start) drop_response(record);
  if ((record.present & (bit(Tag::response_piece) | bit(Tag::response_tail))) != 0) return;
  record.captured = 0;
  record.pieces = 0;
  record.tail_at = 0;
}

void add_to_head(Record& record, std::string_view bytes) noexcept {
  if (record.pieces >= most_pieces && extend_piece(record, Tag::response_piece, bytes)) return;
  ++record.pieces;
  const NumberKey<std::int64_t> now{record.tracer->now()};
  add_piece(record, Tag::response_piece, now.view(), bytes);
}

// A query may hold a key, and so may what stands before an "@".
std::string_view without_secrets(std::string_view url, std::string_view& behind_user) noexcept {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t at = url.substr(0, url.find('/', host)).rfind('@');
  behind_user = at != std::string_view::npos && at >= host ? url.substr(at + 1) : std::string_view{};
  return behind_user.empty() ? url : url.substr(0, host);
}

void put_url(FieldWriter& to, TracerCore& tracer, std::string_view url) noexcept {
  std::string_view rest;
  const std::string_view start = without_secrets(url, rest);
  if (rest.empty()) return to.text(Tag::exchange_hint, "url", start.substr(0, longest_hint), tracer.max_text);
  char joined[longest_hint];
  const std::size_t begin = std::min(start.size(), sizeof(joined) / 2);
  const std::size_t size = std::min(rest.size(), sizeof(joined) - begin);
  std::memcpy(joined, start.data(), begin);
  std::memcpy(joined + begin, rest.data(), size);
  to.text(Tag::exchange_hint, "url", {joined, begin + size}, tracer.max_text);
}

}  // namespace

void write_hints(FieldWriter& to, TracerCore& tracer, const ExchangeHints& hints) noexcept {
  const auto put = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) to.text(Tag::exchange_hint, key, value.substr(0, longest_hint), tracer.max_text);
  };
  if (!hints.url.empty()) put_url(to, tracer, hints.url);
  put("provider", hints.provider);
  put("content_type", hints.content_type);
  put("content_encoding", hints.content_encoding);
  put("request_id", hints.request_id);
  if (hints.status != 0) to.int64(Tag::exchange_hint, "status", hints.status);
}

void capture_request(Record& record, std::string_view body) noexcept {
  remove(record, Tag::request_body);
  if (!captures_input(record)) record.flags = static_cast<std::uint16_t>(record.flags | flag_hide_input);
  const std::size_t limit = std::min<std::size_t>(record.tracer->max_capture, room_in(record));
  if (body.size() <= limit) {
    unsigned char* to = add_field(record, Tag::request_body, {}, body.size());
    if (to != nullptr && !body.empty()) std::memcpy(to, body.data(), body.size());
    return;
  }
  const std::size_t tail = tail_of(limit);
  const std::size_t head = limit - tail;
  const NumberKey<std::uint64_t, std::uint64_t> key{head, body.size()};
  unsigned char* to = add_field(record, Tag::request_body, key.view(), limit);
  if (to == nullptr) return;
  std::memcpy(to, body.data(), head);
  std::memcpy(to + head, body.data() + body.size() - tail, tail);
}

void drop_response(Record& record) noexcept {
  remove(record, Tag::response_piece);
  remove(record, Tag::response_tail);
}

void append_delta(Record& record, Tag tag, std::string_view delta) noexcept {
  if (!delta.empty() && !extend_piece(record, tag, delta)) add_piece(record, tag, {}, delta);
}

void capture_response(Record& record, std::string_view bytes, bool from_start) noexcept {
  if (bytes.empty() && !from_start) return;
  begin_response(record, from_start);
  if (!captures_output(record)) record.flags = static_cast<std::uint16_t>(record.flags | flag_hide_output);
  const bool in_tail = (record.present & bit(Tag::response_tail)) != 0;
  const std::size_t tail = std::min(tail_of(record.tracer->max_capture), room_in(record) / 4);
  const std::size_t fits = in_tail ? 0 : std::min(bytes.size(), room_in_head(record, tail));
  if (fits != 0 || bytes.empty()) add_to_head(record, bytes.substr(0, fits));
  record.captured += bytes.size();
  if (fits == bytes.size()) return;
  if (!in_tail) begin_tail(record, tail);
  add_to_tail(record, bytes.substr(fits));
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
