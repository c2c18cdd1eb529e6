#include "unit/journal_fixture.hpp"

#include <array>
#include <atomic>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace llmtrace::journal {
namespace {

// Producers write as fast as they can into a journal that is far too small, cursors read as fast as they can,
// and one of them lags. Afterwards each record is accounted for, by each cursor.
class JournalThreadsTest : public JournalFixture {
 protected:
  static constexpr std::size_t producers = 4;
  static constexpr std::uint32_t records_each = 20'000;

  static std::string record_of(std::size_t producer, std::uint32_t number) {
    std::string record(16 + number % 200, static_cast<char>('a' + producer));
    std::memcpy(record.data(), &producer, sizeof(producer));
    std::memcpy(record.data() + sizeof(producer), &number, sizeof(number));
    return record;
  }

  void produce(std::size_t producer) {
    for (std::uint32_t number = 0; number < records_each; ++number) {
      const std::string record = record_of(producer, number);
      detail::Reservation at;
      const Reserve outcome = try_place(need_of(record), at);
      if (outcome != Reserve::done) {
        EXPECT_EQ(outcome, Reserve::full);
        refused_.fetch_add(1);
        std::this_thread::yield();
        continue;
      }
      announce(at, record);
      commit(at, record);
      written_.fetch_add(1);
    }
  }

  // Each producer's records come in its order, whole, and at most once.
  struct Seen {
    std::uint64_t count = 0;
    std::array<std::int64_t, producers> last{-1, -1, -1, -1};
  };
  static void check(std::string_view record, Seen& seen) {
    std::size_t producer = 0;
    std::uint32_t number = 0;
    ASSERT_GE(record.size(), 16U);
    std::memcpy(&producer, record.data(), sizeof(producer));
    std::memcpy(&number, record.data() + sizeof(producer), sizeof(number));
    ASSERT_LT(producer, producers);
    ASSERT_EQ(record, record_of(producer, number));
    ++seen.count;
  }

  Seen consume(std::size_t cursor, bool lags) {
    Seen seen;
    for (bool last_look = false;;) {
      const bool done = producing_.load() == 0;
      std::string_view record;
      {
        Reading reading{journal_, journal_.cursor(cursor), std::chrono::steady_clock::now()};
        for (int batch = 0; (batch < 100 || done) && reading.peek(record); ++batch) {
          check(record, seen);
          reading.take();
        }
      }
      if (last_look) return seen;
      last_look = done;
      if (lags && !done) std::this_thread::yield();
    }
  }

  // On a machine that is busy enough, a producer stands still for a second.
  static Limits patient() {
    Limits limits = small_limits();
    limits.torn_after = std::chrono::hours{1};
    return limits;
  }

  void run(std::size_t cursors) {
    producing_ = producers;
    std::vector<std::thread> threads;
    std::vector<Seen> seen(cursors);
    for (std::size_t i = 0; i < cursors; ++i)
      threads.emplace_back([this, i, &seen] { seen[i] = consume(i, i != 0); });
    for (std::size_t i = 0; i < producers; ++i)
      threads.emplace_back([this, i] {
        produce(i);
        producing_.fetch_sub(1);
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(written_ + refused_, producers * records_each);
    EXPECT_EQ(torn_, 0);
    for (std::size_t i = 0; i < cursors; ++i)
      EXPECT_EQ(seen[i].count + journal_.lagged(journal_.cursor(i)), written_.load()) << "cursor " << i;
  }

  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::size_t> producing_{0};
};

// A reader used to leave a segment by the end that it had seen, although more had been written there since.
TEST_F(JournalThreadsTest, one_reader_gets_each_record_once) {
  open(1, patient());
  run(1);
}

// Others used to see a cursor where it had got to in the middle of its reading, and counted what it left
// behind by numbers that it had not written down yet.
TEST_F(JournalThreadsTest, cursors_at_different_paces_account_for_each_record) {
  open(3, patient());
  run(3);
}

TEST_F(JournalThreadsTest, tending_the_memory_disturbs_nobody) {
  open(2, patient());
  std::atomic<bool> stop{false};
  std::thread tender{[&] {
    while (!stop.load()) {
      EXPECT_LE(journal_.allocated(), small_limits().memory);
      journal_.prepare();
      journal_.trim();
    }
  }};
  run(2);
  stop = true;
  tender.join();
}

// A producer that was stopped between its reservation and its next step used to ask only then where its
// segment lies, which could be nowhere by that time, or somebody else's.
TEST_F(JournalThreadsTest, who_is_given_up_at_once_is_read_when_it_comes_back) {
  Limits limits = small_limits();
  limits.torn_after = std::chrono::milliseconds{0};
  open(2, limits);
  run(2);
}

class HugePagesTest : public JournalThreadsTest, public ::testing::WithParamInterface<std::uint32_t> {
 protected:
  static constexpr std::size_t memory_limit = 16u << 20;

  static Limits limits() {
    Limits limits = patient();
    limits.segment_bytes = GetParam();
    limits.memory = memory_limit;
    return limits;
  }
  void tend() {
    while (!stop_.load()) {
      journal_.prepare();
      journal_.trim();
    }
  }
  // As in a process that is forked at any moment: nothing of the parent's is left, and the child can go on.
  [[nodiscard]] bool is_clean_in_child() {
    journal_.lock_for_fork();
    const ::pid_t child = ::fork();
    journal_.unlock_after_fork();
    if (child == 0) {
      journal_.reset_in_child();
      const bool clean = memory_.held == 0;
      const bool works = write("of the child") == Reserve::done && read() == Records{"of the child"};
      ::_exit(clean && works ? 0 : 1);
    }
    int status = -1;
    return ::waitpid(child, &status, 0) == child && status == 0;
  }

  std::atomic<bool> stop_{false};
};

INSTANTIATE_TEST_SUITE_P(Segments, HugePagesTest, ::testing::Values(512u << 10, 1u << 20));

TEST_P(HugePagesTest, are_made_ready_beside_producers_readers_and_forks) {
  open(2, limits());
  std::thread tender{[this] { tend(); }};
  std::thread forker{[this] {
    while (!stop_.load()) EXPECT_TRUE(is_clean_in_child());
  }};
  run(2);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (memory_.made_ready == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  stop_ = true;
  tender.join();
  forker.join();
  EXPECT_GT(memory_.made_ready, 0);
  EXPECT_LE(memory_.most_held, memory_limit);
  journal_.close();
  static_cast<void>(read(0));
  static_cast<void>(read(1));
  journal_.destroy();
  EXPECT_EQ(memory_.held, 0U);
}

}  // namespace
}  // namespace llmtrace::journal
