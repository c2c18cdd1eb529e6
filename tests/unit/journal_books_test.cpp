// Producers that stop and come back, cursors at different paces, a journal that is too small: in whatever
// order it happens, each cursor has read a record once or counted it as lost, and never both.
#include "unit/journal_fixture.hpp"

#include <map>
#include <random>
#include <utility>

namespace llmtrace::journal {
namespace {

class JournalBooksTest : public JournalFixture, public ::testing::WithParamInterface<std::uint32_t> {
 protected:
  static constexpr std::size_t cursors = 3;

  std::uint32_t any_of(std::uint32_t count) { return static_cast<std::uint32_t>(random_() % count); }

  std::string next_record() { return std::to_string(number_++) + std::string(any_of(1500), 'x'); }

  void begin_record() {
    const std::string record = next_record();
    detail::Reservation at;
    if (try_place(need_of(record), at) != Reserve::done) return;
    if (mute_ != nullptr || any_of(2) == 0)
      announce(at, record);
    else
      mute_ = at.frame;
    begun_.emplace_back(at, record);
    ++taken_;
  }
  void end_record(std::size_t which) {
    const auto& [at, record] = begun_[which];
    if (at.frame == mute_) {
      announce(at, record);
      mute_ = nullptr;
    }
    commit(at, record);
    begun_.erase(begun_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void read_some(std::size_t cursor, std::size_t at_most) {
    for (const std::string& record : read(cursor, at_most)) ++seen_[cursor][record];
  }

  void do_anything() {
    switch (any_of(8)) {
      case 0: return begin_record();
      case 1:
        return begun_.empty() ? begin_record()
                              : end_record(any_of(static_cast<std::uint32_t>(begun_.size())));
      case 2: now_ += std::chrono::milliseconds{any_of(800)}; return;
      case 3: return journal_.prepare();
      case 4: return read_some(any_of(cursors), any_of(12));
      case 5: return read_some(0, 100);
      default:
        if (write(next_record()) == Reserve::done) ++taken_;
    }
  }

  std::mt19937 random_{GetParam()};
  int number_ = 0;
  const unsigned char* mute_ = nullptr;  // has not said its length; two in a row could not be told apart
  std::uint64_t taken_ = 0;
  std::vector<std::pair<detail::Reservation, std::string>> begun_;
  std::map<std::string, int> seen_[cursors];
};

INSTANTIATE_TEST_SUITE_P(Seeds, JournalBooksTest, ::testing::Range(0U, 200U));

TEST_P(JournalBooksTest, have_each_record_once) {
  open(cursors);
  for (int step = 0; step < 600; ++step) do_anything();
  while (!begun_.empty()) end_record(0);
  journal_.close();
  for (std::size_t cursor = 0; cursor < cursors; ++cursor) read_some(cursor, SIZE_MAX);
  EXPECT_EQ(torn_, 0);
  for (std::size_t cursor = 0; cursor < cursors; ++cursor) {
    EXPECT_EQ(seen_[cursor].size() + journal_.lagged(journal_.cursor(cursor)), taken_) << "cursor " << cursor;
    for (const auto& [record, count] : seen_[cursor]) EXPECT_EQ(count, 1) << record.substr(0, 8);
  }
  journal_.destroy();
  EXPECT_EQ(journal_.allocated(), 0U);
  EXPECT_EQ(memory_.held, 0U);
}

}  // namespace
}  // namespace llmtrace::journal
