#include "fuzz/fuzz_input.hpp"
#include "llm/json_scanner.hpp"

#include <string>

namespace llmtrace::llm {
namespace {

class Seen final : public JsonTarget {
 public:
  void problem(Problem problem, std::string_view detail) override {
    log.append(name_of(problem)).append(detail).append("\n");
  }
  std::string log;
};

template <char name>
void see(Seen& seen, const JsonValue& value) {
  seen.log += name;
  seen.log.append(value.key).append("=").append(value.text).append(value.cut ? "!" : "").append("\n");
}

constexpr JsonRow rows[] = {
    row<&see<'('>>("", take::enter),
    row<&see<')'>>("", take::leave),
    row<&see<'a'>>("a", take::text | take::long_text | take::number | take::boolean),
    row<&see<'b'>>("b[].a", take::text),
    row<&see<'<'>>("b[]", take::enter),
    row<&see<'>'>>("b[]", take::leave),
    row<&see<'c'>>("c", take::object | take::array),
    row<&see<'d'>>("d[]", take::count | take::text),
    row<&see<'e'>>("e.*", take::text | take::object | take::null),
};

std::string log_of(std::string_view bytes, std::size_t piece, std::size_t gap) {
  static const JsonTable table{{{rows}}, true};
  Seen seen;
  JsonScanner scanner{table, seen, {16, 64}};
  const std::size_t head = gap == 0 ? bytes.size() : bytes.size() / gap;
  fuzz::feed_in_pieces(bytes.substr(0, head), piece, [&](std::string_view part) { scanner.feed(part); });
  if (gap != 0) {
    scanner.gap(1024);
    fuzz::feed_in_pieces(bytes.substr(head), piece, [&](std::string_view part) { scanner.feed(part); });
  }
  scanner.end_document();
  return seen.log;
}

}  // namespace
}  // namespace llmtrace::llm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  llmtrace::fuzz::FuzzInput input{data, size};
  const std::size_t piece = input.byte() % 16 + 1U;
  const std::size_t gap = input.byte() % 4;
  const auto whole = llmtrace::llm::log_of(input.rest(), SIZE_MAX, gap);
  llmtrace::fuzz::require(llmtrace::llm::log_of(input.rest(), piece, gap) == whole,
                          "the pieces make no difference");
  return 0;
}
