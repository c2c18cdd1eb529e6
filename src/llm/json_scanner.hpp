// Reads JSON in pieces of any size and runs the actions of a table on what the table names. It makes no tree
// and allocates no more than its limits; what nobody asks for is skipped 16 bytes at a time. Several
// documents may follow each other, as in NDJSON. What is skipped is not checked beyond its strings and
// brackets.
#pragma once

#include "llm/json_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrace::llm {

struct JsonLimits {
  std::size_t short_text = 1024;
  std::size_t long_text = 1024 * 1024;  // also of a captured container
};

class JsonScanner {
 public:
  static constexpr std::size_t max_depth = 64;
  static constexpr std::size_t longest_key = 128;  // a longer one is nobody's

  // Both must outlive the scanner.
  JsonScanner(const JsonTable& table, JsonTarget& target, JsonLimits limits = {});

  void feed(std::string_view piece);
  // The document ends here, whole or not; the next byte begins another one.
  void end_document();

  // Bytes were lost. What is fed from now on is kept, up to `kept` bytes from its end, and read by
  // end_document(), which finds its place in it by counting brackets back from the end.
  void gap(std::size_t kept);

  // Whole documents so far.
  [[nodiscard]] std::uint64_t documents() const noexcept { return documents_; }
  [[nodiscard]] bool in_document() const noexcept { return state_ != State::between; }
  // The current document is not JSON; the rest of it is ignored.
  [[nodiscard]] bool failed() const noexcept { return state_ == State::failed; }
  [[nodiscard]] bool ever_failed() const noexcept { return ever_failed_; }
  // A document ended inside of a value.
  [[nodiscard]] bool incomplete() const noexcept { return incomplete_; }

 private:
  friend class JsonTail;
  using Node = JsonTable::Node;

  enum class State : std::uint8_t {
    between,  // documents
    value,
    first_element,
    first_key,
    key,
    colon,
    separator,
    string,       // taken
    key_string,   // the name of a member
    skip_string,  // not taken
    scalar,       // a number or a word
    skip,         // a container that nobody asked for
    capture,      // a container that is taken whole
    failed,
  };

  struct Frame {
    const Node* node;  // null: nobody asks for anything in here
    bool object;
    std::uint32_t next_index;
  };

  void step();
  void between();
  void begin_value(const Node* node);
  void begin_container(char bracket);
  void begin_string();
  void begin_scalar();
  void first_key();
  void member_key();
  void end_key();
  void separator();
  void close();
  void push(const Node* node, bool object);
  void begin_capture();
  void begin_skip();

  void in_string(bool key);
  void in_escape();
  void end_of_hex();
  void in_skip_string();
  void in_scalar();
  void in_skip();
  void in_capture();
  void capture_string();
  void recover();
  void read_tail();
  void leave_down_to(std::size_t depth);

  void finish_string();
  void finish_scalar();
  void finish_capture();
  void value_done();
  void fail();

  void deliver(JsonKind kind, std::string_view text);
  [[nodiscard]] bool accepts(JsonKind kind) const noexcept;
  void wrong_type();
  void emit(JsonAction action, JsonValue value);
  void append(std::string_view bytes);
  void append_code_point(std::uint32_t code);
  void repair_text();
  [[nodiscard]] bool skip_space() noexcept;
  [[nodiscard]] const Node* element_node();
  [[nodiscard]] std::size_t limit_of(const Node* node) const noexcept;

  const JsonTable& table_;
  JsonTarget& target_;
  JsonLimits limits_;

  const char* at_ = nullptr;
  const char* end_ = nullptr;

  State state_ = State::between;
  const Node* current_ = nullptr;  // of the value at hand
  std::array<Frame, max_depth> frames_{};
  std::size_t depth_ = 0;

  std::string text_;  // of the string, scalar or container at hand
  std::size_t text_limit_ = 0;
  std::uint64_t text_length_ = 0;
  bool text_cut_ = false;
  std::string key_;
  bool key_cut_ = false;

  std::uint8_t escape_ = 0;  // 0 none, 1 behind a backslash, 2.. hexadecimal digits read
  std::uint32_t code_unit_ = 0;
  std::uint32_t high_surrogate_ = 0;

  std::uint64_t skip_depth_ = 0;
  bool skip_in_string_ = false;
  bool skip_escaped_ = false;
  std::uint64_t commas_ = 0;
  std::uint64_t counted_ = 0;
  bool counting_ = false;
  bool counted_any_ = false;

  bool at_line_start_ = false;  // for recover()
  bool ever_failed_ = false;
  bool incomplete_ = false;
  bool deep_noted_ = false;
  std::uint64_t documents_ = 0;

  bool lost_ = false;  // a gap was met: tail_ is filled
  std::size_t tail_limit_ = 0;
  std::string tail_;

  std::array<std::uint32_t, max_depth> indices_{};
};

}  // namespace llmtrace::llm
