// The documents of a recorded body, whichever way its stream frames them.
#include "support/independent_reader.hpp"

#include <sstream>

namespace llmtrace::testing_support {
namespace {

using Json = nlohmann::json;

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

std::vector<Json> documents_of_frames(const std::string& bytes) {
  std::vector<Json> all;
  for (std::size_t begin = 0; begin + 16 <= bytes.size();) {
    const std::size_t size = number_at(bytes, begin);
    const std::size_t payload = begin + 12 + number_at(bytes, begin + 4);
    Json document = Json::parse(bytes.substr(payload, begin + size - 4 - payload), nullptr, false);
    if (document.is_object() && document.contains("bytes")) {
      document = Json::parse(decode(document.at("bytes")), nullptr, false);
    }
    if (!document.is_discarded()) all.push_back(document);
    begin += size;
  }
  return all;
}

std::vector<Json> documents_of_events(const std::string& text) {
  std::vector<Json> all;
  std::istringstream lines{text};
  std::string data;
  const auto end_event = [&] {
    const Json document = Json::parse(data, nullptr, false);
    if (document.is_object()) all.push_back(document);
    data.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) end_event();
    if (line.starts_with("data:")) data += line.substr(line.starts_with("data: ") ? 6 : 5);
  }
  end_event();
  return all;
}

std::vector<Json> documents_of_lines(const std::string& text) {
  const Json whole = Json::parse(text, nullptr, false);
  if (whole.is_array()) return whole.get<std::vector<Json>>();
  if (!whole.is_discarded()) return {whole};
  std::vector<Json> all;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    const Json document = Json::parse(line, nullptr, false);
    if (document.is_object()) all.push_back(document);
  }
  return all;
}

}  // namespace

std::string decode(const std::string& base64) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char letter : base64) {
    const std::size_t digit = alphabet.find(letter);
    if (digit == std::string::npos) continue;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xFFFF;
    count += 6;
    if (count >= 8) bytes.push_back(static_cast<char>(bits >> (count -= 8)));
  }
  return bytes;
}

nlohmann::json arguments_of(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

std::vector<Json> documents_of(const Json& recording) {
  if (recording.contains("resp_b64")) return documents_of_frames(decode(recording.at("resp_b64")));
  const std::string body = recording.at("resp");
  const std::size_t first = body.find_first_not_of(" \r\n");
  for (const char* field : {"data:", "event:", ":", "id:"}) {
    if (first != std::string::npos && body.compare(first, std::string{field}.size(), field) == 0) {
      return documents_of_events(body);
    }
  }
  return documents_of_lines(body);
}

}  // namespace llmtrace::testing_support
