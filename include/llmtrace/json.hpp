// Opt-in bridge to nlohmann::json of any version: json values become Values, walked straight into the record.
// No text is made on the way, nothing throws, and no symbol of that library enters ours.
#pragma once

#include <llmtrace/value.hpp>

#include <nlohmann/json.hpp>

LLMTRACE_BEGIN_NAMESPACE
namespace detail {

inline constexpr int max_json_depth = 60;

template <class Json>
void write_json(const Json& json, FieldWriter& to, Tag tag, std::string_view key, std::size_t limit,
                int depth) noexcept {
  using Kind = typename Json::value_t;
  switch (json.type()) {
    case Kind::boolean:
      return to.boolean(tag, key, *json.template get_ptr<const typename Json::boolean_t*>());
    case Kind::number_integer:
      return to.int64(tag, key, *json.template get_ptr<const typename Json::number_integer_t*>());
    case Kind::number_unsigned:
      return to.uint64(tag, key, *json.template get_ptr<const typename Json::number_unsigned_t*>());
    case Kind::number_float:
      return to.real(tag, key,
                     static_cast<double>(*json.template get_ptr<const typename Json::number_float_t*>()));
    case Kind::string:
      return to.text(tag, key, *json.template get_ptr<const typename Json::string_t*>(), limit);
    case Kind::object:
    case Kind::array: break;
    default: return to.null(tag, key);
  }
  if (depth >= max_json_depth) return to.text(tag, key, "(too deep)", limit);
  const bool object = json.type() == Kind::object;
  const auto container = to.open(tag, object ? ValueType::object : ValueType::array, key, limit);
  if (container == FieldWriter::no_container) return;
  if (object) {
    for (const auto& member : *json.template get_ptr<const typename Json::object_t*>())
      write_json(member.second, to, Tag::dead, member.first, limit, depth + 1);
  } else {
    for (const auto& item : *json.template get_ptr<const typename Json::array_t*>())
      write_json(item, to, Tag::dead, {}, limit, depth + 1);
  }
  to.close(container);
}

template <class T>
struct ValueWriter<T, std::enable_if_t<is_json_value_v<T>>> {
  static void write(const T& json, FieldWriter& to, Tag tag, std::string_view key,
                    std::size_t limit) noexcept {
    write_json(json, to, tag, key, limit, 0);
  }
};

}  // namespace detail
LLMTRACE_END_NAMESPACE
