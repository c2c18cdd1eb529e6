#include "collector/http/url_text.hpp"

#include "core/hex.hpp"
#include "core/utf8.hpp"

#include <cstdint>

namespace llmtrace::collector::http {
namespace {

// Calls `take` for each part between separators.
template <class Take>
bool split(std::string_view text, char separator, Take&& take) {
  for (;;) {
    const auto end = std::min(text.find(separator), text.size());
    if (!take(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    std::uint8_t byte = 0;
    if (i + 2 >= text.size() || !core::decode_hex(text.substr(i + 1, 2), &byte, core::HexCase::any))
      return std::nullopt;
    if (byte == 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  if (!core::valid_utf8(out)) return std::nullopt;
  return out;
}

std::optional<Fields> query_fields(std::string_view query) {
  Fields fields;
  const bool good = split(query, '&', [&](std::string_view part) {
    if (part.empty()) return true;
    const auto equals = std::min(part.find('='), part.size());
    auto name = percent_decoded(part.substr(0, equals), true);
    auto value = percent_decoded(part.substr(std::min(equals + 1, part.size())), true);
    if (!name || !value) return false;
    fields.emplace_back(std::move(*name), std::move(*value));
    return true;
  });
  return good ? std::optional{std::move(fields)} : std::nullopt;
}

std::optional<std::vector<std::string>> path_parts(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> parts;
  const bool good = split(path.substr(1), '/', [&](std::string_view part) {
    auto decoded = percent_decoded(part, false);
    if (!decoded || *decoded == "." || *decoded == "..") return false;
    parts.push_back(std::move(*decoded));
    return true;
  });
  return good ? std::optional{std::move(parts)} : std::nullopt;
}

}  // namespace llmtrace::collector::http
