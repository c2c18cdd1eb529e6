// Appends one JSON document to a ByteBuffer as its parts are named: no tree, no allocation of its
// own, commas by themselves. Any text comes out as valid UTF-8, any number as a valid number. When
// memory runs out the buffer says so and the document is to be thrown away.
#pragma once

#include "core/byte_buffer.hpp"

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace llmtrace::core {

// A key written in the source that needs no escape; the compiler checks that.
class PlainKey {
 public:
  template <std::size_t size>
  consteval PlainKey(const char (&literal)[size]) : text_{literal, size - 1} {
    for (const char byte : text_) {
      if (byte < 0x20 || byte > 0x7E || byte == '"' || byte == '\\') this_key_needs_an_escape();
    }
  }

  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  static void this_key_needs_an_escape() {}

  std::string_view text_;
};

// One document per writer. Not synchronised. The caller keeps keys and values in turn and ends what
// it began; what lies deeper than max_depth is written as null.
class JsonWriter {
 public:
  static constexpr std::size_t max_depth = 64;

  explicit JsonWriter(ByteBuffer& buffer) noexcept : buffer_{buffer} {}

  void begin_object() noexcept { begin('{'); }
  void end_object() noexcept { end('}'); }
  void begin_array() noexcept { begin('['); }
  void end_array() noexcept { end(']'); }

  void key(std::string_view name) noexcept;

  void literal_key(PlainKey name) noexcept {
    const std::string_view text = name.text();
    if (char* out = begin_item(text.size() + 3)) {
      *out++ = '"';
      std::memcpy(out, text.data(), text.size());
      out += text.size();
      *out++ = '"';
      *out++ = ':';
      end_item(out, false);
    }
  }

  void string(std::string_view text) noexcept;

  // A string that is known to need no escape: ids, times, names of ours.
  void plain_string(std::string_view text) noexcept;

  template <std::integral Integer>
  requires(!std::same_as<Integer, bool> && sizeof(Integer) <= 8) void integer(Integer value) noexcept {
    constexpr std::size_t longest = 20;
    if (char* out = begin_item(longest)) {
      end_item(std::to_chars(out, out + longest, value).ptr, true);
    }
  }

  // The shortest form that reads back to the same value; null for NaN and the infinities.
  void number(double value) noexcept;

  void boolean(bool value) noexcept { raw(value ? "true" : "false"); }
  void null() noexcept { raw("null"); }

  // A value that is JSON already, unchecked. An empty one is written as null.
  void raw(std::string_view json) noexcept;

  // All that was begun has been ended.
  [[nodiscard]] bool balanced() const noexcept { return depth_ == 0; }

 private:
  void begin(char bracket) noexcept;
  void end(char bracket) noexcept;
  template <std::size_t size>
  bool quote_short(std::string_view text, const char (&closing)[size], bool is_value) noexcept;
  void quote(std::string_view text, std::string_view closing, bool is_value) noexcept;

  // Room for `count` bytes behind the comma that may be due; nullptr when the item lies too deep or
  // memory is refused. The comma is stored without asking and kept by stepping over it.
  [[nodiscard]] char* begin_item(std::size_t count) noexcept {
    if (swallowed_ != 0) return nullptr;
    char* out = buffer_.grab(count + 1);
    if (out == nullptr) return nullptr;
    *out = ',';
    return out + (comma_due_ ? 1 : 0);
  }

  void end_item(const char* end, bool comma_due) noexcept {
    buffer_.advance_to(end);
    comma_due_ = comma_due;
  }

  ByteBuffer& buffer_;
  std::size_t depth_ = 0;
  std::size_t swallowed_ = 0;  // open containers below max_depth
  bool comma_due_ = false;
};

}  // namespace llmtrace::core
