#include "collector/store/sqlite/column_values.hpp"

#include "collector/store/sqlite/varint.hpp"

namespace llmtrace::collector::sqlite {

std::string encode_texts(const std::vector<std::string>& texts) {
  std::string blob;
  for (const std::string& text : texts) {
    append_varint(blob, text.size());
    blob += text;
  }
  return blob;
}

std::vector<std::string> decode_texts(std::string_view blob) {
  std::vector<std::string> texts;
  while (!blob.empty()) {
    const auto size = take_varint(blob);
    if (!size || *size > blob.size()) break;
    texts.emplace_back(blob.substr(0, *size));
    blob.remove_prefix(*size);
  }
  return texts;
}

}  // namespace llmtrace::collector::sqlite
