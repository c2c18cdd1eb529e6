// Replays what the fuzzer starts from and has found, and changes of it, where there is no fuzzer.
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace llmtrace {
namespace {

void run(const std::string& input) {
  EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()), 0);
}

std::vector<std::string> corpus() {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator{LLMTRACE_CORPUS})
    all.push_back(testing_support::contents(entry.path().string()));
  return all;
}

TEST(RedactionCorpus, passes) {
  const auto inputs = corpus();
  EXPECT_GE(inputs.size(), 10U);
  for (const std::string& input : inputs) run(input);
}

TEST(RedactionCorpus, passes_in_parts_and_with_changes) {
  std::mt19937 random{11};
  const auto inputs = corpus();
  for (int round = 0; round < 3000; ++round) {
    std::string input = inputs[random() % inputs.size()];
    input.resize(1 + random() % input.size());
    for (auto changes = random() % 4; changes != 0; --changes)
      input[random() % input.size()] = static_cast<char>(random());
    const std::string& other = inputs[random() % inputs.size()];
    run(input + other.substr(random() % other.size()));
  }
}

}  // namespace
}  // namespace llmtrace
