// Run by the build: writes a C++ file that holds the viewer's files, compressed, and their table.
//   embed_assets <root> <output.cpp> <file below root>…
// The files lie below /assets/{tag of all of them}/, so that a browser may keep them for ever; only the page
// itself, which names that place, is asked for again.
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read " + path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string compressed(std::string_view text) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  if (::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error{"zlib does not start"};
  std::string out(::deflateBound(&stream, text.size()), '\0');
  std::string in{text};  // zlib's input is not const
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error{"zlib does not finish"};
  return out;
}

std::string_view content_type(std::string_view file) {
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".html")) return "text/html; charset=utf-8";
  if (file.ends_with(".svg")) return "image/svg+xml";
  throw std::runtime_error{"no content type is known for " + std::string{file}};
}

// FNV-1a: told apart are the versions of one file, nobody is kept from forging one.
std::string tag_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

// Three octal digits each, so that no digit that follows can join an escape.
void write_literal(std::ostream& out, std::string_view bytes) {
  constexpr std::size_t line_length = 28;
  for (std::size_t at = 0; at < bytes.size(); at += line_length) {
    out << "    \"";
    for (const char c : bytes.substr(at, line_length)) {
      char escape[5];
      std::snprintf(escape, sizeof escape, "\\%03o", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out << escape;
    }
    out << "\"\n";
  }
}

constexpr std::string_view page = "index.html";
constexpr std::string_view place = "/assets/";

std::string with_tag(std::string text, const std::string& tag) {
  for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at + 1))
    text.insert(at + place.size(), tag + "/");
  return text;
}

void write_asset(std::ostream& out, const std::string& file, std::string text, const std::string& tag) {
  if (file == page) text = with_tag(std::move(text), tag);
  const std::string gzip = compressed(text);
  const std::string path = file == page ? "/" : std::string{place} + tag + "/" + file;
  out << "  {\"" << path << "\", \"" << content_type(file) << "\", \"\\\"" << tag_of(text)
      << "\\\"\", std::string_view{\n";
  write_literal(out, gzip);
  out << "    , " << gzip.size() << "}},\n";
}

void write_table(std::span<char*> arguments) {
  const std::string root = arguments[1];
  const auto files = arguments.subspan(3);
  std::map<std::string, std::string> texts;
  std::string everything;
  for (const char* const file : files) everything += texts[file] = read_file(root + "/" + file);
  const std::string tag = tag_of(everything);

  std::ofstream out{arguments[2], std::ios::binary};
  out << "#include \"collector/assets/asset_table.hpp\"\n\n"
         "namespace llmtrace::collector {\n\n"
         "static constexpr Asset table[] = {\n";
  for (auto& [file, text] : texts) write_asset(out, file, std::move(text), tag);
  out << "};\n\n"
         "std::span<const Asset> asset_table() noexcept { return table; }\n\n"
         "}  // namespace llmtrace::collector\n";
  out.flush();
  if (!out) throw std::runtime_error{"cannot write " + std::string{arguments[2]}};
}

}  // namespace

int main(int count, char** values) try {
  const std::span arguments{values, static_cast<std::size_t>(count)};
  if (arguments.size() < 4) throw std::runtime_error{"embed_assets <root> <output.cpp> <file>..."};
  write_table(arguments);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "embed_assets: %s\n", error.what());
  return 1;
}
