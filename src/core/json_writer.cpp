#include "core/json_writer.hpp"

#include "core/json_escape.hpp"
#include "core/number_format.hpp"
#include "core/short_text.hpp"

#include <algorithm>
#include <cmath>

namespace llmtrace::core {
namespace {

// A text is escaped in slices, each with room for its worst case, so that the inner loops need not
// ask for room and a long text does not need six times its size.
constexpr std::size_t slice_size = 2048;

std::size_t next_slice(const char* in, const char* end) noexcept {
  return std::min(slice_size, static_cast<std::size_t>(end - in));
}

// std::to_chars, with a short way for what people write as numbers: up to six digits behind the point. A
// decimal of at most 15 digits that reads back to the value is the only one, so it is the shortest; and in
// this range to_chars does not prefer an exponent.
char* write_shortest(double value, char* out, char* end) noexcept {
  constexpr double scale = 1e6;
  const double magnitude = std::abs(value);
  if (magnitude >= 0.001 && magnitude < 100'000) {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): what is rounded wrongly does not read back below
    const auto scaled = static_cast<std::int64_t>(magnitude * scale + 0.5);
    if (static_cast<double>(scaled) / scale == magnitude)
      return format_milliseconds(value < 0 ? -scaled : scaled, out);
  }
  return std::to_chars(out, end, value).ptr;
}

// As memcpy, which for the lengths of ids and times is slower than what it copies.
char* copy_text(char* out, std::string_view text) noexcept {
  if (text.size() >= 16 && text.size() <= longest_short_text)
    static_cast<void>(short_text::copy_blocks(out, text.data(), text.size()));
  else
    std::copy(text.begin(), text.end(), out);
  return out + text.size();
}

}  // namespace

void JsonWriter::begin(char bracket) noexcept {
  if (swallowed_ == 0 && depth_ < max_depth) {
    ++depth_;
    if (char* out = begin_item(1)) {
      *out = bracket;
      end_item(out + 1, false);
    }
    return;
  }
  null();
  ++swallowed_;
}

void JsonWriter::end(char bracket) noexcept {
  if (swallowed_ != 0) {
    --swallowed_;
    return;
  }
  if (depth_ == 0) return;
  --depth_;
  buffer_.append(bracket);
  comma_due_ = true;
}

void JsonWriter::key(std::string_view name) noexcept {
  if (name.size() > longest_short_text || !quote_short(name, "\":", false)) quote(name, "\":", false);
}

void JsonWriter::string(std::string_view text) noexcept {
  if (text.size() > longest_short_text || !quote_short(text, "\"", true)) quote(text, "\"", true);
}

void JsonWriter::plain_string(std::string_view text) noexcept {
  if (char* out = begin_item(text.size() + 2)) {
    *out++ = '"';
    out = copy_text(out, text);
    *out++ = '"';
    end_item(out, true);
  }
}

void JsonWriter::number(double value) noexcept {
  if (!std::isfinite(value)) return null();
  constexpr std::size_t longest = 32;
  if (char* out = begin_item(longest)) {
    end_item(write_shortest(value, out, out + longest), true);
  }
}

void JsonWriter::raw(std::string_view json) noexcept {
  if (json.empty()) json = "null";
  if (char* out = begin_item(json.size())) {
    end_item(std::copy(json.begin(), json.end(), out), true);
  }
}

// False: it needs an escape, and nothing was written. Items that lie too deep are left to quote() as well.
template <std::size_t size>
bool JsonWriter::quote_short(std::string_view text, const char (&closing)[size], bool is_value) noexcept {
  char* out = begin_item(longest_short_text + size);
  if (out == nullptr) return false;
  *out++ = '"';
  if (!copy_if_plain(out, text.data(), text.size())) return false;
  std::memcpy(out + text.size(), closing, size - 1);
  end_item(out + text.size() + size - 1, is_value);
  return true;
}

void JsonWriter::quote(std::string_view text, std::string_view closing, bool is_value) noexcept {
  constexpr std::size_t marks = 3;  // the opening quote and the closing
  const char* in = text.data();
  const char* const end = in + text.size();
  char* out = begin_item(std::max(text.size(), escaped_room(next_slice(in, end))) + marks);
  if (out == nullptr) return;
  *out++ = '"';
  out = escape_json(out, in, in + next_slice(in, end), end);
  while (in != end) {
    buffer_.advance_to(out);
    out = buffer_.grab(escaped_room(next_slice(in, end)) + marks);
    if (out == nullptr) return;
    out = escape_json(out, in, in + next_slice(in, end), end);
  }
  end_item(std::copy(closing.begin(), closing.end(), out), is_value);
}

}  // namespace llmtrace::core
