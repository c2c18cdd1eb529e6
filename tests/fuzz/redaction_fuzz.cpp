// Whatever the bytes: the redactors end, leave JSON valid and records readable, and find nothing more in what
// they have written themselves. The first byte chooses the mode and whether the text was cut.
#include "core/json_check.hpp"
#include "core/record_view.hpp"
#include "privacy/clue.hpp"
#include "privacy/json_redactor.hpp"
#include "privacy/record_redactor.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace llmtrace::privacy {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_clues(std::string_view text) {
  const Clue fast = next_clue(text, 0);
  const Clue slow = next_clue_by_bytes(text, 0);
  require(fast.at == slow.at && fast.kind == slow.kind && fast.back == slow.back);
}

void check_text(std::string_view text, RedactMode mode, bool is_cut) {
  RedactOptions options;
  options.literals = {"Falcon", "cons", "\xC3\xA9t\xC3\xA9"};
  const auto rules = make_rules(options, mode);
  TextRedactor redactor{*rules};
  redactor.set_cut(is_cut);
  core::ByteBuffer out;
  const bool is_written = redactor.redact(text, out) == Outcome::written;
  require(is_written != out.empty());
  require(text.find("Falcon") == std::string_view::npos || is_written);
  require(out.view().find("Falcon") == std::string_view::npos);
}

void check_json(std::string_view text, RedactMode mode) {
  if (!JsonRedactor::is_document(text)) return;
  RecordRedactor redactor{make_rules({}, mode)};
  require(core::is_valid_json(redactor.apply_to_json(text), JsonRedactor::deepest));
}

// The bytes as the fields of a record, whole or not.
void check_record(std::string_view fields, RedactMode mode, bool is_cut) {
  core::RecordHead head{};
  head.version = detail::record_version;
  head.type = static_cast<std::uint8_t>(detail::RecordType::span);
  head.flags = is_cut ? detail::flag_text_cut : 0;
  std::string record{reinterpret_cast<const char*>(&head), sizeof head};
  record += fields;
  RecordRedactor redactor{make_rules({}, mode)};
  const std::string shown{redactor.apply(record)};
  const auto view = core::RecordView::parse(shown);
  require(view.has_value());
  require(std::memcmp(&view->head(), &head, sizeof head) == 0);
}

}  // namespace
}  // namespace llmtrace::privacy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace llmtrace;
  if (size == 0) return 0;
  const auto mode = static_cast<RedactMode>(data[0] % 3);
  const bool is_cut = (data[0] & 0x80) != 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  privacy::check_clues(text);
  privacy::check_text(text, mode, is_cut);
  privacy::check_json(text, mode);
  privacy::check_record(text, mode, is_cut);
  return 0;
}
