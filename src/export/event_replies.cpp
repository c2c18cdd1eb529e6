#include "export/event_replies.hpp"

#include "core/json_check.hpp"
#include "export/json_members.hpp"

#include <algorithm>

namespace llmtrace::exporting {
namespace {

std::string_view member(std::string_view object, std::string_view key) noexcept {
  JsonMembers members{object};
  for (JsonMember one; members.next(one);)
    if (one.key == key) return one.value;
  return {};
}

std::string_view text_member(std::string_view object, std::string_view key) noexcept {
  const std::string_view value = member(object, key);
  return value.size() >= 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : std::string_view{};
}

bool is_id(std::string_view text) noexcept {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
  };
  return !text.empty() && text.size() <= longest_event_id && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), is_plain);
}

bool is_object(std::string_view body) noexcept {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '{' && core::is_valid_json(body, 64);
}

// The objects of an array that is known to be valid, one after the other.
class Objects {
 public:
  explicit Objects(std::string_view array) noexcept : rest_{array} {}

  bool next(std::string_view& object) noexcept {
    const std::size_t start = rest_.find('{');
    if (start == std::string_view::npos) return false;
    rest_.remove_prefix(start);
    const std::size_t size = size_of_object();
    object = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

 private:
  [[nodiscard]] std::size_t size_of_object() const noexcept {
    std::size_t depth = 0;
    bool in_text = false;
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      const char byte = rest_[at];
      if (in_text) {
        if (byte == '\\') ++at;
        in_text = byte != '"';
      } else if (byte == '"') {
        in_text = true;
      } else if (byte == '{') {
        ++depth;
      } else if (byte == '}' && --depth == 0) {
        return at + 1;
      }
    }
    return rest_.size();
  }

  std::string_view rest_;
};

std::optional<std::string> checked(std::string_view id) {
  return is_id(id) ? std::optional<std::string>{id} : std::nullopt;
}

}  // namespace

std::optional<std::string> id_in_reply(std::string_view body, std::string_view key) noexcept {
  try {
    return is_object(body) ? checked(text_member(body, key)) : std::nullopt;
  } catch (...) {
    return std::nullopt;
  }
}

std::optional<std::string> find_ours(std::string_view body, std::string_view list, std::string_view id_key,
                                     std::string_view our_key, std::string_view ours) noexcept {
  try {
    if (!is_object(body)) return std::nullopt;
    Objects objects{member(body, list)};
    for (std::string_view object; objects.next(object);)
      if (text_member(member(object, "metadata"), our_key) == ours)
        return checked(text_member(object, id_key));
  } catch (...) {  // no memory: as if it were not there
  }
  return std::nullopt;
}

}  // namespace llmtrace::exporting
