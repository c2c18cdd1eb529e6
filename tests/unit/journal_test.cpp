#include "unit/journal_fixture.hpp"

namespace llmtrace::journal {
namespace {

class JournalTest : public JournalFixture {};

TEST_F(JournalTest, is_empty_at_first) {
  open(1);
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(journal_.unread_bytes(journal_.cursor(0)), 0U);
  EXPECT_TRUE(journal_.reached(journal_.cursor(0), journal_.end()));
  EXPECT_EQ(journal_.allocated(), 0U);
}

TEST_F(JournalTest, gives_back_what_was_written_in_its_order) {
  open(1);
  for (const char* record : {"one", "two", "three"}) EXPECT_EQ(write(record), Reserve::done);
  EXPECT_EQ(read(), (Records{"one", "two", "three"}));
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(write("four"), Reserve::done);
  EXPECT_EQ(read(), Records{"four"});
}

// The first record of all counted as a whole segment: the worker took it for plenty and sent it at once.
TEST_F(JournalTest, what_is_unread_is_what_was_written_and_not_taken) {
  open(1);
  const std::string large(1500, 'x');
  write("one");
  EXPECT_EQ(journal_.unread_bytes(journal_.cursor(0)), need_of("one"));
  for (int i = 0; i < 4; ++i) write(large);  // into a second segment and a third
  EXPECT_EQ(journal_.unread_bytes(journal_.cursor(0)), need_of("one") + 4 * need_of(large));
  EXPECT_EQ(read(0, 4).size(), 4U);
  EXPECT_EQ(journal_.unread_bytes(journal_.cursor(0)), need_of(large));
}

TEST_F(JournalTest, offers_a_record_until_it_is_taken) {
  open(1);
  write("one");
  {
    Reading reading{journal_, journal_.cursor(0), now_};
    std::string_view record;
    EXPECT_TRUE(reading.peek(record));
    EXPECT_TRUE(reading.peek(record));
    EXPECT_EQ(record, "one");
  }
  EXPECT_EQ(read(), Records{"one"});
}

TEST_F(JournalTest, goes_on_in_the_next_segment) {
  open(1);
  const std::string large(1500, 'x');
  EXPECT_EQ(write(large + "1"), Reserve::done);
  EXPECT_EQ(write(large + "2"), Reserve::done);
  EXPECT_EQ(write(large + "3"), Reserve::done);
  EXPECT_EQ(read(), (Records{large + "1", large + "2", large + "3"}));
}

TEST_F(JournalTest, uses_the_same_memory_again_and_again) {
  open(1);
  const std::string record(900, 'x');
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(write(record + std::to_string(i)), Reserve::done);
    ASSERT_EQ(read(), Records{record + std::to_string(i)});
  }
  EXPECT_LE(journal_.allocated(), std::size_t{2} * segment_bytes);
}

TEST_F(JournalTest, a_frame_larger_than_a_segment_gets_one_of_its_own) {
  open(1);
  const std::string large(2 * segment_bytes, 'L');
  EXPECT_EQ(write("before"), Reserve::done);
  EXPECT_EQ(write(large), Reserve::done);
  EXPECT_EQ(write("behind"), Reserve::done);
  EXPECT_EQ(read(), (Records{"before", large, "behind"}));
}

TEST_F(JournalTest, refuses_what_is_larger_than_the_limit_and_takes_the_rest) {
  open(1);
  EXPECT_EQ(write(std::string(4 * segment_bytes, 'x')), Reserve::too_large);
  EXPECT_EQ(write("small"), Reserve::done);
  EXPECT_EQ(read(), Records{"small"});
}

// It was "full", although nothing that an exporter does would ever have made room.
TEST_F(JournalTest, what_would_not_fit_into_an_empty_journal_is_too_large) {
  open(1);
  EXPECT_EQ(write("at the tail"), Reserve::done);
  EXPECT_EQ(read().size(), 1U);
  EXPECT_EQ(write(std::string(3 * segment_bytes, 'x')), Reserve::too_large);
  const std::string largest(3 * segment_bytes - sizeof(detail::FrameHead), 'x');
  EXPECT_EQ(write(largest), Reserve::done);
  EXPECT_EQ(read(), Records{largest});
}

TEST_F(JournalTest, is_full_when_nobody_has_read_and_takes_again_once_somebody_has) {
  open(1);
  const std::string record(1000, 'x');
  const std::size_t count = fill(record);
  EXPECT_EQ(count, 16U);
  EXPECT_EQ(write(record), Reserve::full);
  EXPECT_LE(journal_.allocated(), small_limits().memory);
  EXPECT_EQ(read().size(), count);
  EXPECT_EQ(write("again"), Reserve::done);
  EXPECT_EQ(read(), Records{"again"});
}

TEST_F(JournalTest, is_never_full_when_nobody_reads_at_all) {
  open(0);
  const std::string record(1000, 'x');
  for (int i = 0; i < 500; ++i) ASSERT_EQ(write(record), Reserve::done);
  EXPECT_LE(journal_.allocated(), small_limits().memory);
}

TEST_F(JournalTest, each_cursor_reads_everything) {
  open(3);
  write("one");
  EXPECT_EQ(read(1), Records{"one"});
  write("two");
  EXPECT_EQ(read(0), (Records{"one", "two"}));
  EXPECT_EQ(read(1), Records{"two"});
  EXPECT_EQ(read(2), (Records{"one", "two"}));
}

TEST_F(JournalTest, moves_a_cursor_on_that_lags_behind_another_and_counts_its_loss) {
  open(2);
  const std::string record(1000, 'x');
  std::size_t written = 0;
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(write(record), Reserve::done);
    ++written;
    while (write(record) == Reserve::done && ++written % 4 != 0) {
    }
    static_cast<void>(read(0));
  }
  const std::size_t seen_late = read(1).size();
  EXPECT_LT(seen_late, written);
  EXPECT_EQ(seen_late + journal_.lagged(journal_.cursor(1)), written);
  EXPECT_EQ(journal_.lagged(journal_.cursor(0)), 0U);
}

// What a cursor had taken of a segment before it was moved on used to be in danger of being counted as lost,
// too.
TEST_F(JournalTest, counts_as_lost_only_what_the_lagging_cursor_had_not_taken) {
  open(2);
  const std::string record(1000, 'x');
  const std::size_t written = fill(record);
  EXPECT_EQ(read(1, 2).size(), 2U);
  EXPECT_EQ(read(0).size(), written);
  EXPECT_EQ(write(record), Reserve::done);
  EXPECT_EQ(journal_.lagged(journal_.cursor(1)), 2U);
  EXPECT_EQ(read(1).size(), written + 1 - 4);
}

TEST_F(JournalTest, takes_nothing_from_a_cursor_that_reads_at_this_moment) {
  open(2);
  const std::string record(1000, 'x');
  const std::size_t written = fill(record);
  EXPECT_EQ(read(0).size(), written);
  {
    Reading reading{journal_, journal_.cursor(1), now_};
    std::string_view seen;
    ASSERT_TRUE(reading.peek(seen));
    EXPECT_EQ(write(record), Reserve::full);
    EXPECT_EQ(seen, record);
  }
  EXPECT_EQ(write(record), Reserve::done);
  EXPECT_EQ(journal_.lagged(journal_.cursor(1)), 4U);
}

TEST_F(JournalTest, refuses_after_the_close_and_still_gives_what_it_has) {
  open(1);
  write("one");
  journal_.close();
  EXPECT_EQ(write("two"), Reserve::closed);
  EXPECT_EQ(read(), Records{"one"});
  journal_.destroy();
  EXPECT_EQ(journal_.allocated(), 0U);
}

TEST_F(JournalTest, can_be_opened_again) {
  for (int life = 0; life < 3; ++life) {
    open(1);
    EXPECT_TRUE(read().empty());
    write("record of life " + std::to_string(life));
    EXPECT_EQ(read(), Records{"record of life " + std::to_string(life)});
    write("left over");
    journal_.close();
    journal_.destroy();
    EXPECT_EQ(journal_.allocated(), 0U);
  }
}

TEST_F(JournalTest, forgets_the_data_of_the_parent_in_a_forked_child) {
  open(2);
  fill(std::string(1000, 'x'));
  journal_.lock_for_fork();
  journal_.unlock_after_fork();
  journal_.reset_in_child();
  EXPECT_TRUE(read(0).empty());
  EXPECT_TRUE(read(1).empty());
  EXPECT_EQ(journal_.count_unread(journal_.cursor(0)), 0U);
  EXPECT_EQ(journal_.allocated(), 0U);
  EXPECT_EQ(write("of the child"), Reserve::done);
  EXPECT_EQ(read(0), Records{"of the child"});
  EXPECT_EQ(read(1), Records{"of the child"});
}

TEST_F(JournalTest, counts_unread_spans_one_by_one_over_all_segments) {
  open(2);
  const std::string record(700, 'x');
  for (int i = 0; i < 10; ++i) write(record);
  write("a trace has begun", detail::frame_is_no_span);
  const detail::Reservation unfinished = place("not yet");
  announce(unfinished, "not yet");
  EXPECT_EQ(journal_.count_unread(journal_.cursor(0)), 10U);
  EXPECT_EQ(read(0, 4).size(), 4U);
  EXPECT_EQ(journal_.count_unread(journal_.cursor(0)), 6U);
  EXPECT_EQ(journal_.count_unread(journal_.cursor(1)), 10U);
  EXPECT_EQ(read(0).size(), 7U);
  EXPECT_EQ(journal_.count_unread(journal_.cursor(0)), 0U);
  commit(unfinished, "not yet");
  EXPECT_EQ(journal_.count_unread(journal_.cursor(0)), 1U);
}

TEST_F(JournalTest, keeps_one_segment_ready_and_gives_idle_ones_back) {
  open(1);
  journal_.prepare();
  EXPECT_EQ(journal_.allocated(), 0U) << "nothing is prepared before the first record";
  write("one");
  journal_.prepare();
  EXPECT_EQ(journal_.allocated(), std::size_t{2} * segment_bytes);
  fill(std::string(1000, 'x'));
  static_cast<void>(read());
  journal_.trim();
  EXPECT_EQ(journal_.allocated(), std::size_t{4} * segment_bytes) << "they were needed a moment ago";
  journal_.trim();
  EXPECT_EQ(journal_.allocated(), std::size_t{2} * segment_bytes);
}

TEST_F(JournalTest, keeps_what_is_needed_again_and_again) {
  open(1);
  for (int burst = 0; burst < 10; ++burst) {
    fill(std::string(1000, 'x'));
    static_cast<void>(read());
    journal_.trim();
    EXPECT_EQ(journal_.allocated(), std::size_t{4} * segment_bytes);
  }
}

class NoMemory final : public SegmentMemory {
 public:
  unsigned char* allocate(std::uint32_t) noexcept override { return nullptr; }
  unsigned char* allocate_ready(std::uint32_t) noexcept override { return nullptr; }
  void release(unsigned char*, std::uint32_t) noexcept override { FAIL() << "there was nothing to release"; }
};

TEST(JournalWithoutMemory, drops_and_goes_on) {
  detail::JournalFront front;
  NoMemory none;
  Journal journal{front, none};
  journal.open({}, 1, 1, nullptr, nullptr);
  detail::Reservation at;
  EXPECT_NE(journal.reserve(100, at), Reserve::done);
  journal.prepare();
  journal.close();
  journal.destroy();
  EXPECT_EQ(journal.allocated(), 0U);
}

}  // namespace
}  // namespace llmtrace::journal
