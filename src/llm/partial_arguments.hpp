// The arguments of a function call that Gemini sends leaf by leaf: a path into the arguments and a value, a
// string in several pieces. They come in the order of the document, so each leaf becomes the next piece of
// its JSON text, and nothing but the path that is open is kept.
#pragma once

#include "llm/json_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::llm {

class PartialArguments {
 public:
  // The next piece of the text. `continues`: the string goes on in the next leaf of the same path.
  [[nodiscard]] std::string add(std::string_view path, JsonKind kind, std::string_view value, bool continues);
  // What is missing at the end.
  [[nodiscard]] std::string close();

  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  void open() noexcept { is_open_ = true; }

 private:
  struct Step {
    std::string name;  // of a member, or digits
    bool is_index = false;

    friend bool operator==(const Step&, const Step&) = default;
  };
  using Path = std::vector<Step>;

  static Path parse(std::string_view path);
  void leave(std::size_t depth, std::string& text);
  void enter(const Path& path, std::string& text);

  Path path_;  // of the last leaf
  bool is_open_ = false;
  bool in_string_ = false;
};

}  // namespace llmtrace::llm
