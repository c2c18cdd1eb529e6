#include "core/plain_run.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace llmtrace::core {
namespace {

// Those that this machine has; the widest stays chosen.
std::vector<VectorPath> available_paths() {
  std::vector<VectorPath> paths;
  for (const auto path : {VectorPath::words, VectorPath::sse2, VectorPath::avx2, VectorPath::neon}) {
    if (force_vector_path(path)) paths.push_back(path);
  }
  return paths;
}

bool is_plain(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return code >= 0x20 && code <= 0x7F && byte != '"' && byte != '\\';
}

std::size_t expected_run(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

class PlainRun : public testing::TestWithParam<VectorPath> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_vector_path(GetParam())); }
  void TearDown() override { available_paths(); }

  static void check(const std::string& text) {
    const std::size_t expected = expected_run(text);
    ASSERT_EQ(plain_run(text), expected) << text;
    std::string copy(text.size() + 1, '#');
    ASSERT_EQ(copy_plain_run(copy.data(), text), expected) << text;
    ASSERT_EQ(copy.substr(0, expected), text.substr(0, expected));
    ASSERT_EQ(copy.back(), '#') << "wrote behind the room of the text";
  }
};

TEST_P(PlainRun, classifies_every_byte_at_every_place) {
  for (int value = 0; value < 256; ++value) {
    for (std::size_t size : {1U, 3U, 4U, 7U, 8U, 15U, 16U, 17U, 31U, 32U, 33U, 70U}) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(value);
        check(text);
      }
    }
  }
}

TEST_P(PlainRun, handles_every_size) {
  for (std::size_t size = 0; size < 200; ++size) check(std::string(size, '~'));
}

TEST_P(PlainRun, finds_the_first_of_several) {
  std::mt19937 random{13};
  const std::string specials = "\"\\\n\x7F\x80\xFF!#[]\x1F ";
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 100, 'a');
    for (char& byte : text) {
      if (random() % 16 == 0) byte = specials[random() % specials.size()];
    }
    check(text);
  }
}

INSTANTIATE_TEST_SUITE_P(Paths, PlainRun, testing::ValuesIn(available_paths()));

}  // namespace
}  // namespace llmtrace::core
