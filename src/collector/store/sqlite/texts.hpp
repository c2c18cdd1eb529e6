// The searchable texts of stored traces and spans, folded. Reads the main database only.
#pragma once

#include "collector/store/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::sqlite {

struct FoldedText {
  std::int64_t row = 0;  // of the span, or of the trace for a header
  std::int64_t trace = 0;
  std::int64_t received = 0;
  std::string text;  // begins with a space
};

class Texts {
 public:
  explicit Texts(Database& database);

  // At most `count` spans behind the row `after`, in their order.
  [[nodiscard]] std::vector<FoldedText> spans_after(std::int64_t after, int count);
  // Nothing when it has been deleted.
  [[nodiscard]] std::optional<FoldedText> span(std::int64_t id);
  [[nodiscard]] std::optional<FoldedText> header(std::int64_t trace);
  // Everything of a trace: its header, then its spans, until the visitor returns false.
  void trace(std::int64_t trace, const std::function<bool(std::string_view)>& visit);

 private:
  [[nodiscard]] FoldedText read_span(const Statement& from) const;

  Statement spans_after_;
  Statement span_;
  Statement spans_of_;
  Statement header_;
};

}  // namespace llmtrace::collector::sqlite
