#include "export/accept_reply.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

namespace llmtrace::exporting {
namespace {

// A forward-only reader of JSON text. It checks the structure, not every escape: what it must tell
// apart is a reply of the service from a page, a cut text or binary data.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void skip_space() {
    const auto first = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(first, rest_.size()));
  }

  bool take(char expected) {
    skip_space();
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool at_end() {
    skip_space();
    return rest_.empty();
  }

  char peek() {
    skip_space();
    return rest_.empty() ? '\0' : rest_.front();
  }

  // The raw text between the quotes, escapes included.
  bool read_string(std::string_view& text) {
    if (!take('"')) return false;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (static_cast<unsigned char>(rest_[i]) < 0x20) return false;
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        text = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  bool read_scalar(std::string_view& text) {
    skip_space();
    const auto end = std::min(rest_.find_first_of(",]} \t\r\n"), rest_.size());
    text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return text == "true" || text == "false" || text == "null" || is_number(text);
  }

  // Without recursion: the depth of a reply is the peer's choice, our stack is not.
  bool skip_value() {
    std::uint64_t objects = 0;  // one bit per open bracket: set for '{'
    int depth = 0;
    do {
      if (!skip_token(objects, depth)) return false;
    } while (depth > 0);
    return true;
  }

 private:
  static constexpr int max_depth = 64;

  static bool is_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && end == text.data() + text.size() && error != std::errc::invalid_argument &&
           (text.front() == '-' || (text.front() >= '0' && text.front() <= '9'));
  }

  bool skip_token(std::uint64_t& objects, int& depth) {
    std::string_view ignored;
    switch (peek()) {
      case '{':
      case '[': return open(objects, depth);
      case '}':
      case ']': return close(objects, depth);
      case ',':
      case ':': rest_.remove_prefix(1); return depth > 0;
      case '"': return read_string(ignored);
      default: return read_scalar(ignored);
    }
  }

  bool open(std::uint64_t& objects, int& depth) {
    if (depth == max_depth) return false;
    objects = (objects << 1U) | (rest_.front() == '{' ? 1U : 0U);
    ++depth;
    rest_.remove_prefix(1);
    return true;
  }

  bool close(std::uint64_t& objects, int& depth) {
    if (depth == 0 || ((objects & 1U) != 0) != (rest_.front() == '}')) return false;
    objects >>= 1U;
    --depth;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

// Calls `member(key)` for each member; it must read the value.
template <typename Member>
bool read_object(Scanner& scanner, Member member) {
  if (!scanner.take('{')) return false;
  if (scanner.take('}')) return true;
  do {
    std::string_view key;
    if (!scanner.read_string(key) || !scanner.take(':') || !member(key)) return false;
  } while (scanner.take(','));
  return scanner.take('}');
}

template <typename Element>
bool read_array(Scanner& scanner, Element element) {
  if (!scanner.take('[')) return false;
  if (scanner.take(']')) return true;
  do {
    if (!element()) return false;
  } while (scanner.take(','));
  return scanner.take(']');
}

class ReplyReader {
 public:
  ReplyReader(std::string_view body, std::size_t items)
      : scanner_(body), items_(items), rejected_(items, false) {}

  std::optional<AcceptReply> read() {
    const bool complete = read_object(scanner_, [this](std::string_view key) {
      if (key == "accepted") return read_accepted();
      if (key == "rejected" && scanner_.peek() == '[') return read_rejected();
      return scanner_.skip_value();
    });
    if (!complete || !scanner_.at_end() || !has_accepted_) return std::nullopt;
    const auto refused = std::count(rejected_.begin(), rejected_.end(), true);
    const auto not_refused = items_ - static_cast<std::size_t>(refused);
    const auto accepted = std::min(accepted_, not_refused);
    return AcceptReply{accepted, items_ - accepted};
  }

 private:
  bool read_accepted() {
    has_accepted_ = read_count(accepted_);
    return has_accepted_;
  }

  bool read_rejected() {
    return read_array(scanner_, [this] {
      if (scanner_.peek() != '{') return read_index();
      return read_object(scanner_, [this](std::string_view key) {
        return key == "index" ? read_index() : scanner_.skip_value();
      });
    });
  }

  bool read_index() {
    const char first = scanner_.peek();
    if (first < '0' || first > '9') return scanner_.skip_value();
    std::size_t index = 0;
    if (!read_count(index)) return false;
    if (index < items_) rejected_[index] = true;
    return true;
  }

  bool read_count(std::size_t& count) {
    std::string_view text;
    if (!scanner_.read_scalar(text)) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    return error == std::errc{} && end == text.data() + text.size();
  }

  Scanner scanner_;
  std::size_t items_;
  std::vector<bool> rejected_;
  std::size_t accepted_ = 0;
  bool has_accepted_ = false;
};

}  // namespace

std::optional<AcceptReply> parse_accept_reply(std::string_view body, std::size_t items) noexcept {
  try {
    return ReplyReader(body, items).read();
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace llmtrace::exporting
