// Reads the body of one event of the older protocol and collects everything that is wrong with it, as that
// protocol reports it.
#pragma once

#include "collector/ingest/field_reader.hpp"
#include "collector/routes/call.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::collector::routes {

class EventBody {
 public:
  explicit EventBody(std::string body);

  // What may be absent or null.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name, std::size_t most_characters);
  [[nodiscard]] std::optional<std::string_view> object(std::string_view name);
  [[nodiscard]] std::optional<std::string_view> json(std::string_view name) const;  // as it stands there
  [[nodiscard]] std::optional<std::int64_t> count(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> dollars(std::string_view name);
  [[nodiscard]] std::vector<std::string_view> tags(std::string_view name);
  // Of an object's members; nothing where they are of another kind.
  [[nodiscard]] std::optional<UnixTime> time_in(std::string_view object_name, std::string_view name);
  [[nodiscard]] std::optional<std::string_view> text_in(std::string_view object_name, std::string_view name);
  // What must be there.
  [[nodiscard]] std::string_view name();
  [[nodiscard]] std::string_view required_text(std::string_view name, std::size_t most_characters);
  [[nodiscard]] SpanType span_type();

  void complain(std::string_view name, std::string_view problem);
  [[nodiscard]] bool good() const noexcept { return complaints_.empty(); }
  [[nodiscard]] http::Response complaints() const;  // 422

  // Keeps alive what was read.
  [[nodiscard]] std::shared_ptr<const void> memory() const noexcept { return memory_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return memory_->body.size() + memory_->arena.bytes(); }

 private:
  struct Memory {
    std::string body;
    ingest::TextArena arena;
  };
  struct Complaint {
    std::string name;
    std::string problem;
  };

  [[nodiscard]] std::optional<std::string_view> quoted_in(std::string_view object_name,
                                                          std::string_view name);
  [[nodiscard]] std::string_view value(std::string_view name) const;  // empty when absent or null
  // True when the error was none.
  bool check(std::string_view name, ingest::FieldError error);

  std::shared_ptr<Memory> memory_;
  std::map<std::string_view, std::string_view> members_;
  std::vector<Complaint> complaints_;
};

}  // namespace llmtrace::collector::routes
