// What an exception was, as text: its type without mangling, its message, and those of the exceptions nested
// in it.
#include <llmtrace/wrap.hpp>

#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <new>
#include <string>
#include <typeinfo>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr int max_nesting = 8;

struct Description {
  std::string type;
  std::string message;
};

// What std::throw_with_nested() throws is a type of its own, derived from the one that the program named.
std::string_view without_nesting(std::string_view type) noexcept {
  for (const std::string_view wrapper : {"_Nested_exception<", "__nested<"}) {
    const std::size_t at = type.find(wrapper);
    if (type.substr(0, 3) != "std" || at == std::string_view::npos || type.back() != '>') continue;
    type.remove_prefix(at + wrapper.size());
    type.remove_suffix(1);
    return type.substr(0, type.find_last_not_of(' ') + 1);
  }
  return type;
}

std::string readable_type(const std::type_info* type) {
  if (type == nullptr) return "unknown";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free};
  return std::string{without_nesting(name ? name.get() : type->name())};
}

void describe_current(Description& out, int depth);

void describe_nested(const std::exception& error, Description& out, int depth) {
  const auto* nested = dynamic_cast<const std::nested_exception*>(&error);
  if (nested == nullptr || !nested->nested_ptr() || depth >= max_nesting) return;
  out.message += ": ";
  try {
    nested->rethrow_nested();
  } catch (...) {
    describe_current(out, depth + 1);
  }
}

void describe(const std::exception& error, Description& out, int depth) {
  if (depth == 0) out.type = readable_type(&typeid(error));
  if (const char* what = error.what()) out.message += what;
  describe_nested(error, out, depth);
}

// Inside a catch block.
void describe_current(Description& out, int depth) {
  try {
    throw;
  } catch (const std::exception& error) {
    describe(error, out, depth);
  } catch (const std::string& text) {
    if (depth == 0) out.type = "std::string";
    out.message += text;
  } catch (const char* text) {
    if (depth == 0) out.type = "const char*";
    out.message += text != nullptr ? text : "";
  } catch (const abi::__forced_unwind&) {
    throw;  // the thread is being cancelled
  } catch (...) {
    const std::string type = readable_type(abi::__cxa_current_exception_type());
    if (depth == 0) out.type = type;
    out.message += type;
  }
}

void write_event(FieldWriter& to, Record& record, std::string_view name, const Description& error) noexcept {
  const auto event = to.open(Tag::event, ValueType::object, name, FieldWriter::no_limit);
  if (event == FieldWriter::no_container) return;
  to.int64(Tag::dead, {}, record.tracer->now());
  to.limit_rest(record.tracer->max_text);
  to.text(Tag::dead, "exception.type", error.type, record.tracer->max_text);
  to.text(Tag::dead, "exception.message", error.message, record.tracer->max_text);
  to.close(event);
}

void write_error(FieldWriter& to, Record& record, const Description& error) noexcept {
  record.flags = static_cast<std::uint16_t>((record.flags & ~unsigned{flag_ok}) | flag_error);
  to.text(Tag::error, error.type, error.message, record.tracer->max_text);
  write_event(to, record, "exception", error);
}

}  // namespace

void record_exception(FieldWriter& to, Record& record, const std::exception& error) noexcept {
  try {
    Description description;
    describe(error, description, 0);
    write_error(to, record, description);
  } catch (const std::bad_alloc&) {
    record.flags = static_cast<std::uint16_t>(record.flags | flag_error | flag_fields_dropped);
  }
}

void record_exception(FieldWriter& to, Record& record, const std::exception_ptr& error) noexcept {
  if (!error) return;
  try {
    Description description;
    try {
      std::rethrow_exception(error);
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      describe_current(description, 0);
    }
    write_error(to, record, description);
  } catch (const std::bad_alloc&) {
    record.flags = static_cast<std::uint16_t>(record.flags | flag_error | flag_fields_dropped);
  }
}

void note_failed_description(SpanRef span) noexcept {
  Record* record = span.handle().live();
  if (record == nullptr) return;
  FieldWriter to{started_core()->slow.writer, *record};
  try {
    Description description;
    describe_current(description, 0);
    write_event(to, *record, "llmtrace.describe_failed", description);
  } catch (const std::bad_alloc&) {
    record->flags = static_cast<std::uint16_t>(record->flags | flag_fields_dropped);
  }
}

}  // namespace detail
LLMTRACE_END_NAMESPACE
