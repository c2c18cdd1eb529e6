// Producers that stop and come back, cursors at different paces, a journal that is too small: in whatever
// order it happens, each cursor has read a record once or counted it as lost, and never both.
#include "support/refused_memory.hpp"
#include "unit/journal_fixture.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>

namespace llmtrace::journal {
namespace {

class JournalBooksTest : public JournalFixture, public ::testing::WithParamInterface<std::uint32_t> {
 protected:
  static constexpr std::size_t most_cursors = 3;

  std::uint32_t any_of(std::uint32_t count) { return static_cast<std::uint32_t>(random_() % count); }

  std::string next_record() { return std::to_string(number_++) + std::string(any_of(1500), 'x'); }

  [[nodiscard]] bool is_refused() { return refuses_ && any_of(4) == 0; }
  bool place_somehow(const std::string& record, detail::Reservation& at) {
    const testing_support::WithoutMemory none{is_refused()};
    return try_place(need_of(record), at) == Reserve::done;
  }

  void begin_record() {
    const std::string record = next_record();
    detail::Reservation at;
    if (!place_somehow(record, at)) return;
    if (mute_.size() >= most_mute_ || any_of(2) == 0)
      announce(at, record);
    else
      mute_.insert(at.frame);
    begun_.emplace_back(at, record);
    ++taken_;
  }
  void end_record(std::size_t which) {
    const auto& [at, record] = begun_[which];
    if (mute_.erase(at.frame) != 0) announce(at, record);
    commit(at, record);
    begun_.erase(begun_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void write_record() {
    const std::string record = next_record();
    detail::Reservation at;
    if (!place_somehow(record, at)) return;
    announce(at, record);
    commit(at, record);
    ++taken_;
  }
  void read_some(std::size_t cursor, std::size_t at_most) {
    const bool refused = is_refused();
    std::vector<std::string> records(std::min<std::size_t>(at_most, 1000), std::string(2000, ' '));
    std::size_t count = 0;
    {
      const testing_support::WithoutMemory none{refused};
      Reading reading{journal_, journal_.cursor(cursor), now_};
      std::string_view record;
      while (count < records.size() && reading.peek(record)) {
        records[count++] = record;
        reading.take();
      }
    }
    records.resize(count);
    for (const std::string& record : records) ++seen_[cursor][record];
  }

  void do_anything() {
    switch (any_of(8)) {
      case 0: return begin_record();
      case 1:
        return begun_.empty() ? begin_record()
                              : end_record(any_of(static_cast<std::uint32_t>(begun_.size())));
      case 2: now_ += std::chrono::milliseconds{any_of(800)}; return;
      case 3: {
        const testing_support::WithoutMemory none{is_refused()};
        return journal_.prepare();
      }
      case 4: return read_some(any_of(cursors_), any_of(12));
      case 5: return read_some(0, 100);
      default: return write_record();
    }
  }

  void run(std::uint32_t cursors, std::size_t most_mute) {
    cursors_ = cursors;
    most_mute_ = most_mute;
    open(cursors);
    for (int step = 0; step < 600; ++step) do_anything();
    refuses_ = false;
    while (!begun_.empty()) end_record(0);
    journal_.close();
    for (std::size_t cursor = 0; cursor < cursors; ++cursor) {
      read_some(cursor, SIZE_MAX);
      EXPECT_EQ(seen_[cursor].size() + journal_.lagged(journal_.cursor(cursor)), taken_);
      for (const auto& [record, count] : seen_[cursor]) EXPECT_EQ(count, 1) << record.substr(0, 8);
    }
    EXPECT_EQ(torn_, 0);
    journal_.destroy();
    EXPECT_EQ(journal_.allocated(), 0U);
    EXPECT_EQ(memory_.held, 0U);
  }

  std::mt19937 random_{GetParam()};
  bool refuses_ = false;  // memory, now and then
  int number_ = 0;
  std::size_t most_mute_ = 0;
  std::set<const unsigned char*> mute_;  // have not said their lengths
  std::uint64_t taken_ = 0;
  std::vector<std::pair<detail::Reservation, std::string>> begun_;
  std::uint32_t cursors_ = 0;
  std::map<std::string, int> seen_[most_cursors];
};

INSTANTIATE_TEST_SUITE_P(Seeds, JournalBooksTest, ::testing::Range(0U, 200U));

TEST_P(JournalBooksTest, have_each_record_once) { run(3, 1); }

TEST_P(JournalBooksTest, have_each_record_once_whatever_producers_have_not_said) { run(3, 100); }

TEST_P(JournalBooksTest, have_each_record_once_where_memory_is_refused) {
  refuses_ = true;
  run(3, 100);
}

}  // namespace
}  // namespace llmtrace::journal
