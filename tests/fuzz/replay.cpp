// Stands in for libFuzzer: runs the files of a folder through the target, each also cut short and with a byte
// changed, so that a corpus finds what it once found.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void run_variants(std::string bytes) {
  run(bytes);
  constexpr std::size_t variants = 64;
  const std::size_t step = bytes.size() / variants + 1;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    run(bytes.substr(0, at));
    const char kept = bytes[at];
    for (const char other : {'"', '\\', '{', ']', '\n', '\xFF'}) {
      bytes[at] = other;
      run(bytes);
    }
    bytes[at] = kept;
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::size_t files = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator{arguments[i]}) {
      std::ifstream file{entry.path(), std::ios::binary};
      run_variants({std::istreambuf_iterator<char>{file}, {}});
      ++files;
    }
  }
  std::printf("%zu files\n", files);
  return files == 0 ? 1 : 0;
}
