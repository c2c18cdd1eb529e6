// How functions take a text that they only read.
#pragma once

#include <llmtrace/fwd.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>

LLMTRACE_BEGIN_NAMESPACE

namespace detail {

// A value of nlohmann::json, told by its shape: it converts to text implicitly, and throws when it holds
// something else, so it must never be taken for text. json.hpp knows how to write it.
template <class T, class = void>
inline constexpr bool is_json_value_v = false;
template <class T>
inline constexpr bool
    is_json_value_v<T, std::void_t<typename T::value_t, typename T::number_integer_t, typename T::object_t>> =
        true;

template <class T>
constexpr bool is_text() noexcept {
  if constexpr (is_json_value_v<T>)
    return false;
  else
    return std::is_convertible_v<const T&, std::string_view>;
}
template <class T>
inline constexpr bool is_text_v = is_text<T>();

}  // namespace detail

// Whatever a std::string_view is made of, and a null pointer, as libraries in C and getenv() return it: that
// is no text, and so an empty one. Refers to the caller's bytes, which must live as long as the call.
class Text : public std::string_view {
 public:
  constexpr Text() noexcept : std::string_view{""} {}
  constexpr Text(std::string_view text) noexcept : std::string_view{text} {}
  LLMTRACE_INLINE constexpr Text(const char* text) noexcept : std::string_view{text != nullptr ? text : ""} {}
  constexpr Text(const char* text, std::size_t size) noexcept : std::string_view{text, size} {}
  template <class T, std::enable_if_t<detail::is_text_v<T> && (std::is_class_v<T> ||
                                                               !std::is_convertible_v<const T&, const char*>),
                                      int> = 0>
  constexpr Text(const T& text) noexcept(noexcept(converted(text))) : std::string_view{converted(text)} {}

 private:
  static constexpr std::string_view converted(std::string_view text) noexcept { return text; }
};

LLMTRACE_END_NAMESPACE
