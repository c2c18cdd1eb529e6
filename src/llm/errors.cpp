// The shapes in which providers say that something went wrong.
#include "llm/draft.hpp"
#include "llm/tables.hpp"

namespace llmtrace::llm {
namespace {

constexpr std::uint16_t code = take::text | take::number | take::anything;
constexpr std::uint16_t message = take::text | take::long_text | take::anything;

template <std::string ErrorFacts::*member>
void set(Draft& draft, const JsonValue& value) {
  keep_first(draft.facts.error.*member, value.text);
}

// Beside the error itself this is often only the word that there is one.
void set_kind(Draft& draft, const JsonValue& value) {
  if (value.text != "error") keep_first(draft.facts.error.type, value.text);
}

// Where an HTTP status that is no success leaves no doubt, a `message` beside nothing is the error too.
constexpr JsonRow beside_an_answer[] = {
    row<&set<&ErrorFacts::message>>("error", message),
    row<&set<&ErrorFacts::message>>("error.message", message),
    row<&set<&ErrorFacts::type>>("error.type", code),
    row<&set<&ErrorFacts::code>>("error.code", code),
    row<&set<&ErrorFacts::type>>("error.status", code),
    row<&set<&ErrorFacts::type>>("error.http_code", code),
};

constexpr JsonRow alone[] = {
    row<&set<&ErrorFacts::message>>("error", message),
    row<&set<&ErrorFacts::message>>("error.message", message),
    row<&set<&ErrorFacts::type>>("error.type", code),
    row<&set<&ErrorFacts::code>>("error.code", code),
    row<&set<&ErrorFacts::type>>("error.status", code),
    row<&set<&ErrorFacts::message>>("message", message),
    row<&set<&ErrorFacts::message>>("message.detail[].msg", message),
    row<&set<&ErrorFacts::message>>("Message", message),
    row<&set<&ErrorFacts::message>>("error_message", message),
    row<&set<&ErrorFacts::message>>("detail", message),
    row<&set<&ErrorFacts::message>>("detail[].msg", message),
    row<&set<&ErrorFacts::message>>("detail.message", message),
    row<&set<&ErrorFacts::message>>("title", take::text | take::anything),
    row<&set<&ErrorFacts::message>>("msg", message),
    row<&set<&ErrorFacts::message>>("errors[].message", message),
    row<&set<&ErrorFacts::code>>("errors[].code", code),
    row<&set<&ErrorFacts::code>>("code", code),
    row<&set_kind>("type", code),
    row<&set<&ErrorFacts::type>>("error_type", code),
    row<&set<&ErrorFacts::type>>("__type", code),
    row<&set_kind>("object", code),
    first_row<&Facts::response_id>("id"),
    first_row<&Facts::response_id>("request_id"),
};

}  // namespace

std::span<const JsonRow> error_rows() { return beside_an_answer; }

const JsonTable& error_response() {
  static const JsonTable& table = *new JsonTable{{{alone}}, true};
  return table;
}

}  // namespace llmtrace::llm
