// Which places of a JSON document a reader asks for: rows of a path and an action, made into a tree once.
// What no row names is skipped. "choices[].delta.content" is a path; "*" stands for any key, "" for the
// document itself.
#pragma once

#include "llm/facts.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace llmtrace::llm {

enum class JsonKind : std::uint8_t { null, boolean, number, string, object, array };

struct JsonValue {
  JsonKind kind = JsonKind::null;
  // A string without its escapes, valid UTF-8; a number or a word as it stands; a captured container as JSON
  // without white space. Lives as long as the action runs.
  std::string_view text;
  bool cut = false;                        // the limit was reached: `text` is the beginning
  std::uint64_t length = 0;                // of a string, in bytes; of a counted array, in elements
  std::string_view key;                    // that matched a "*"
  std::span<const std::uint32_t> indices;  // in the arrays on the way here, the outermost first

  [[nodiscard]] std::uint32_t index(std::size_t level) const noexcept {
    return level < indices.size() ? indices[level] : 0;
  }
};

// What the actions of a table work on.
class JsonTarget {
 public:
  JsonTarget() = default;
  JsonTarget(const JsonTarget&) = delete;
  JsonTarget& operator=(const JsonTarget&) = delete;
  virtual ~JsonTarget() = default;

  virtual void problem(Problem problem, std::string_view detail) = 0;
};

using JsonAction = void (*)(JsonTarget& target, const JsonValue& value);

// What a row accepts; anything else that is not null is a problem of the type wrong_type.
namespace take {
inline constexpr std::uint16_t text = 1;
inline constexpr std::uint16_t number = 2;
inline constexpr std::uint16_t boolean = 4;
inline constexpr std::uint16_t object = 8;  // captured whole, as JSON
inline constexpr std::uint16_t array = 16;  // the same

inline constexpr std::uint16_t long_text = 32;  // up to the long limit, else the short one
inline constexpr std::uint16_t enter = 64;      // a container begins; its content is read by other rows
inline constexpr std::uint16_t leave = 128;     // and ends
inline constexpr std::uint16_t count = 256;     // an array whose elements are only counted
inline constexpr std::uint16_t anything = 512;  // what is of no accepted kind is skipped without a word
inline constexpr std::uint16_t null = 1024;
}  // namespace take

struct JsonRow {
  std::string_view path;
  std::uint16_t takes;
  JsonAction action;
};

// A row that lets anything pass where rows below it do not fit.
constexpr JsonRow lenient(std::string_view path) { return {path, take::anything, nullptr}; }

namespace detail {
template <typename Function>
struct TargetOf;
template <typename Target>
struct TargetOf<void (*)(Target&, const JsonValue&)> {
  using type = Target;
};
template <typename Target>
struct TargetOf<void (*)(Target&, const JsonValue&) noexcept> {
  using type = Target;
};
}  // namespace detail

// A row whose action is `function(SomeTarget&, const JsonValue&)`.
template <auto function>
constexpr JsonRow row(std::string_view path, std::uint16_t takes) {
  using Target = typename detail::TargetOf<decltype(function)>::type;
  return {path, takes,
          [](JsonTarget& target, const JsonValue& value) { function(static_cast<Target&>(target), value); }};
}

struct JsonRows {
  std::span<const JsonRow> rows;
  std::string_view prefix = {};  // stands before each path, as "response" does
};

// The rows as a tree. Immutable once made; made once for each reader and never freed before the program ends.
class JsonTable {
 public:
  struct Node {
    struct Child {
      std::string_view key;
      const Node* node;
    };
    std::vector<Child> children;
    const Node* any = nullptr;      // "*"
    const Node* element = nullptr;  // "[]"
    std::string path;
    std::uint16_t takes = 0;
    JsonAction action = nullptr;
    JsonAction enter = nullptr;
    JsonAction leave = nullptr;

    [[nodiscard]] const Node* find(std::string_view key) const noexcept;
    [[nodiscard]] bool has_content() const noexcept {
      return !children.empty() || any != nullptr || element != nullptr;
    }
  };

  // Rows of later lists replace those of earlier ones at the same path. Paths and prefixes must outlive the
  // table. `array_of_documents`: where the document is an array, each of its elements is a document.
  explicit JsonTable(std::initializer_list<JsonRows> lists, bool array_of_documents = false);

  [[nodiscard]] const Node& root() const noexcept { return *nodes_.front(); }

 private:
  Node& add_node(std::string path);
  Node& child_of(Node& parent, std::string_view step);
  void add(const JsonRow& row, std::string_view prefix);

  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace llmtrace::llm
