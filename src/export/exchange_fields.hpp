// Writes what a reader found into a span's record, where the program has set nothing itself.
#pragma once

#include "core/record_writer.hpp"
#include "export/exchange_reading.hpp"
#include "export/span_facts.hpp"

#include <cstddef>
#include <string_view>

namespace llmtrace::exporting {

class ExchangeFields {
 public:
  ExchangeFields(core::RecordWriter& to, const SpanFacts& span) noexcept : to_{to}, span_{span} {}

  // May throw std::bad_alloc.
  void write(const ReadExchange& read);

 private:
  void names(const llm::Facts& facts);
  void request(const llm::Facts& facts);
  void response(const llm::Facts& facts);
  void embeddings(const llm::Facts& facts);
  void reply_as_output(const llm::Facts& facts);
  void stream(const ReadExchange& read);
  void usage(const llm::Facts& facts);
  void error(const llm::Facts& facts);
  void problems(const llm::Facts& facts);
  void cuts();

  void text(core::Tag tag, std::string_view value);
  template <class Add>
  void attribute(std::string_view key, Add add);
  void text_attribute(std::string_view key, std::string_view value);
  void json_attribute(std::string_view key, std::string_view value);
  [[nodiscard]] bool hides_input() const noexcept { return span_.record().has(detail::flag_hide_input); }
  [[nodiscard]] bool hides_output() const noexcept { return span_.record().has(detail::flag_hide_output); }

  core::RecordWriter& to_;
  const SpanFacts& span_;
};

}  // namespace llmtrace::exporting
