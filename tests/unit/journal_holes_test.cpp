#include "unit/journal_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::journal {
namespace {

class JournalHolesTest : public JournalFixture {
 protected:
  // A producer that has said how long its record is, and stands still.
  detail::Reservation stall(std::string_view record, std::uint32_t marks = 0) {
    const detail::Reservation at = place(record);
    announce(at, record, marks);
    return at;
  }
  // What comes of one that has not even said that, once its patience is over.
  Records read_past_headless(std::size_t cursor = 0) {
    Records found = read(cursor);
    EXPECT_TRUE(found.empty()) << "where the next frame begins is not known yet";
    for (int look = 0; look < 6 && found.empty(); ++look) {
      now_ += std::chrono::seconds{2};
      found = read(cursor);
    }
    return found;
  }
};

TEST_F(JournalHolesTest, a_reader_passes_over_a_hole_and_takes_it_once_it_is_filled) {
  open(1);
  const auto slow = stall("slow");
  write("quick");
  EXPECT_EQ(read(), Records{"quick"});
  const Position end = journal_.end();
  EXPECT_TRUE(journal_.reached(journal_.cursor(0), end))
      << "nobody waits for a record that has not been committed";
  commit(slow, "slow");
  EXPECT_FALSE(journal_.reached(journal_.cursor(0), end));
  EXPECT_EQ(read(), Records{"slow"});
  EXPECT_TRUE(journal_.reached(journal_.cursor(0), end));
  EXPECT_EQ(torn_, 0);
}

TEST_F(JournalHolesTest, a_young_hole_holds_its_segment_and_an_old_one_does_not) {
  open(1);
  const auto slow = stall("slow");
  const std::string record(1000, 'x');
  const std::size_t room = fill(record);
  EXPECT_EQ(read().size(), room);
  EXPECT_EQ(write(record), Reserve::full);
  wait_for_torn();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(write(record), Reserve::done);
    ASSERT_EQ(read().size(), 1U);
  }
  commit(slow, "slow");
  EXPECT_EQ(read(), Records{"slow"});
}

TEST_F(JournalHolesTest, gives_up_a_reservation_that_is_not_committed_in_time) {
  open(1);
  const auto lost = stall("lost");
  write("kept");
  EXPECT_EQ(read(), Records{"kept"});
  now_ += std::chrono::milliseconds{999};
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(torn_, 0) << "too early";
  now_ += std::chrono::milliseconds{1};
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(torn_, 1);
  static_cast<void>(lost);
}

TEST_F(JournalHolesTest, a_producer_that_comes_back_is_torn_no_more) {
  open(2);
  const auto late = stall("late");
  EXPECT_TRUE(read(0).empty());
  EXPECT_TRUE(read(1).empty());
  wait_for_torn(0);
  wait_for_torn(1);
  EXPECT_EQ(torn_, 1) << "one span, however many cursors";
  commit(late, "late");
  EXPECT_EQ(journal_.count_unread(journal_.cursor(0)), 1U);
  EXPECT_EQ(read(0), Records{"late"});
  EXPECT_EQ(read(1), Records{"late"});
  EXPECT_EQ(torn_, 0);
  EXPECT_TRUE(read(0).empty());
}

TEST_F(JournalHolesTest, an_announcement_that_is_torn_is_no_lost_span) {
  open(1);
  const auto lost = stall("trace", detail::frame_is_no_span);
  EXPECT_TRUE(read().empty());
  wait_for_torn();
  EXPECT_EQ(torn_, 0);
  commit(lost, "trace", detail::frame_is_no_span);
  EXPECT_EQ(read(), Records{"trace"});
  EXPECT_EQ(torn_, 0);
}

TEST_F(JournalHolesTest, memory_that_a_lost_producer_may_write_to_is_used_again_only_when_it_has_come_back) {
  open(1);
  const auto lost = stall("lost");
  EXPECT_TRUE(read().empty());
  wait_for_torn();
  const std::string record(1000, 'x');
  const std::size_t rest_of_its_segment = 4;
  for (std::size_t i = 0; i < 100; ++i) {
    detail::Reservation at;
    ASSERT_EQ(try_place(need_of(record), at), Reserve::done);
    const bool in_its_segment = at.frame >= lost.frame && at.frame < lost.frame + segment_bytes;
    ASSERT_FALSE(in_its_segment && i >= rest_of_its_segment);
    announce(at, record);
    commit(at, record);
    ASSERT_EQ(read().size(), 1U);
  }
  journal_.trim();
  journal_.trim();  // what nothing has needed in between
  const std::size_t with_quarantine = journal_.allocated();
  commit(lost, "lost");
  EXPECT_EQ(read(), Records{"lost"}) << "from where it was kept";
  journal_.prepare();
  journal_.trim();
  journal_.trim();
  EXPECT_EQ(journal_.allocated(), with_quarantine - segment_bytes);
}

TEST_F(JournalHolesTest, a_lost_producers_segment_outlives_the_journal) {
  open(1);
  const auto lost = stall("lost");
  EXPECT_TRUE(read().empty());
  journal_.close();
  journal_.destroy();
  open(1);
  write("next life");
  commit(lost, "lost");
  EXPECT_EQ(read(), Records{"next life"});
  journal_.close();
  journal_.destroy();
  EXPECT_EQ(journal_.allocated(), 0U);
}

// Such a segment stayed in the budget, and after a change of the secret nobody knew that its producer had
// come back: each use of the journal could begin with less.
TEST_F(JournalHolesTest, what_was_given_up_in_one_life_takes_nothing_from_the_next) {
  for (std::uint32_t life = 0; life < 10; ++life) {
    journal_.open(small_limits(), 1, 0x5eed + life, nullptr, nullptr);
    EXPECT_EQ(journal_.allocated(), 0U);
    journal_.prepare();
    EXPECT_EQ(memory_.held, 0U) << "the producer of the life before has come back";
    const auto late = stall("late");
    EXPECT_TRUE(read().empty());
    wait_for_torn();
    journal_.close();
    journal_.destroy();
    EXPECT_EQ(memory_.held, segment_bytes) << "its producer may write to it";
    commit(late, "late");
  }
}

// The one that was given up came back, and the memory went from under the other.
TEST_F(JournalHolesTest, a_segment_is_kept_for_each_producer_that_may_write_to_it) {
  open(1);
  const auto lost = stall("lost");
  EXPECT_TRUE(read().empty());
  wait_for_torn();
  const auto slow = stall("slow");
  EXPECT_TRUE(read().empty());
  journal_.close();
  journal_.destroy();
  open(1);
  commit(lost, "lost");
  journal_.prepare();
  EXPECT_EQ(memory_.held, segment_bytes);
  EXPECT_EQ(journal_.allocated(), 0U);
  commit(slow, "slow");
}

TEST_F(JournalHolesTest, waits_a_while_for_a_producer_that_has_not_said_its_length) {
  open(1);
  const auto slow = place("slow");
  write("behind");
  EXPECT_TRUE(read().empty()) << "where the next frame begins is not known";
  announce(slow, "slow");
  EXPECT_EQ(read(), Records{"behind"});
  commit(slow, "slow");
  EXPECT_EQ(read(), Records{"slow"});
}

TEST_F(JournalHolesTest, a_process_that_was_stopped_for_long_gets_more_than_one_look) {
  open(1);
  const auto slow = place("slow");
  EXPECT_TRUE(read().empty());
  now_ += std::chrono::hours{1};
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(torn_, 0);
  announce(slow, "slow");
  commit(slow, "slow");
  EXPECT_EQ(read(), Records{"slow"});
}

TEST_F(JournalHolesTest, finds_what_lies_behind_a_producer_that_never_said_its_length) {
  open(2);
  static_cast<void>(place(std::string(300, '?')));
  write("behind");
  EXPECT_EQ(read_past_headless(0), Records{"behind"});
  EXPECT_EQ(read_past_headless(1), Records{"behind"});
  EXPECT_EQ(torn_, 1);
  write("later");
  EXPECT_EQ(read(0), Records{"later"});
  EXPECT_EQ(read(1), Records{"later"});
}

// The search passed it over, and nobody read it when its producer had finished it.
TEST_F(JournalHolesTest, finds_one_that_is_being_written_behind_a_producer_that_never_said_its_length) {
  open(1);
  static_cast<void>(place(std::string(300, '?')));
  const auto slow = stall("slow");
  write("behind");
  EXPECT_EQ(read_past_headless(), Records{"behind"});
  commit(slow, "slow");
  EXPECT_EQ(read(), Records{"slow"});
  EXPECT_EQ(torn_, 1);
}

// The reader's mark used to be overwritten by a producer that came back so late: it believed that its span
// was delivered, which nobody ever read, and the span was in the books twice.
TEST_F(JournalHolesTest, a_producer_that_says_its_length_after_that_is_read_by_every_cursor) {
  open(2);
  const std::string record(300, '?');
  const auto late = place(record);
  write("behind");
  EXPECT_EQ(read_past_headless(0), Records{"behind"});
  EXPECT_EQ(torn_, 1);
  announce(late, record);
  commit(late, record);
  EXPECT_EQ(read(0), Records{record});
  EXPECT_EQ(torn_, 0);
  EXPECT_EQ(read(1), (Records{record, "behind"}));
  EXPECT_EQ(torn_, 0);
  journal_.close();
  journal_.destroy();
  EXPECT_EQ(journal_.allocated(), 0U) << "it has come back: nothing is in quarantine";
}

TEST_F(JournalHolesTest, a_child_inherits_no_holes) {
  open(1);
  const auto of_parent = stall("of the parent");
  EXPECT_TRUE(read().empty());
  wait_for_torn();
  const ::pid_t child = ::fork();
  if (child == 0) {
    journal_.reset_in_child();
    const bool forgotten = journal_.allocated() == 0;
    write("of the child");
    ::_exit(forgotten && read() == Records{"of the child"} ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  static_cast<void>(of_parent);
}

TEST_F(JournalHolesTest, memory_of_a_former_use_is_not_taken_for_a_frame) {
  open(1);
  const std::string record(1000, 'x');
  for (int round = 0; round < 20; ++round) {
    fill(record);
    static_cast<void>(read());
  }
  const auto slow = place(record);
  EXPECT_TRUE(read().empty());
  announce(slow, record);
  EXPECT_TRUE(read().empty());
  commit(slow, record);
  EXPECT_EQ(read(), Records{record});
}

// A hole kept the fast cursor from telling how much the segments behind it held; once the hole was given away
// nobody told, and what the others lost was taken from an earlier use of the memory.
TEST_F(JournalHolesTest, what_lies_behind_a_hole_that_is_given_away_is_counted) {
  open(3);
  const std::string record(1000, 'x');
  const detail::Reservation stopped = place(record);
  announce(stopped, record);
  EXPECT_EQ(fill(record), 15U);
  EXPECT_EQ(read(0).size(), 15U);
  commit(stopped, record);
  EXPECT_EQ(read(2, 5).size(), 5U);  // into the second segment
  EXPECT_EQ(write(record), Reserve::done);
  EXPECT_EQ(journal_.lagged(journal_.cursor(0)), 1U);
  EXPECT_EQ(journal_.lagged(journal_.cursor(1)), 4U);
  EXPECT_EQ(fill(record), 11U);  // the rest of that segment, and the two that only the first cursor has read
  EXPECT_EQ(journal_.lagged(journal_.cursor(0)), 1U);
  EXPECT_EQ(journal_.lagged(journal_.cursor(1)), 12U);
  EXPECT_EQ(journal_.lagged(journal_.cursor(2)), 7U);
}

// One exporter had given the span up, another had taken it in its turn: it was read and counted as lost.
TEST_F(JournalHolesTest, what_one_cursor_has_given_up_and_another_reads_is_counted_once) {
  open(2);
  const std::string record(1000, 'x');
  write(record);
  const auto late = stall(record);
  EXPECT_EQ(read(0).size(), 1U);
  wait_for_torn(0);
  commit(late, record);
  std::uint64_t written = 2 + fill(record);
  EXPECT_EQ(read(1).size(), written);
  for (int i = 0; i < 20; ++i, ++written) {
    ASSERT_EQ(write(record), Reserve::done);
    ASSERT_EQ(read(1).size(), 1U);
  }
  const std::uint64_t lagged = journal_.lagged(journal_.cursor(0));
  EXPECT_GT(lagged, 0U);
  EXPECT_EQ(1 + lagged + read(0).size(), written);
  EXPECT_EQ(torn_, 0);
}

TEST_F(JournalHolesTest, a_young_hole_that_another_cursor_has_given_up_is_counted_once) {
  open(2);
  const std::string record(1000, 'x');
  const auto late = stall(record);
  EXPECT_TRUE(read(0).empty());
  now_ += std::chrono::milliseconds{900};
  EXPECT_TRUE(read(1).empty());
  now_ += std::chrono::milliseconds{100};
  EXPECT_TRUE(read(0).empty());
  EXPECT_EQ(torn_, 1);
  commit(late, record);
  std::uint64_t written = 1 + fill(record);
  EXPECT_EQ(read(1).size(), written);
  ++written;
  ASSERT_EQ(write(record), Reserve::done);
  EXPECT_EQ(journal_.lagged(journal_.cursor(0)), 7U) << "that segment is no use yet: another one is taken";
  EXPECT_EQ(7 + read(0).size(), written);
  EXPECT_EQ(torn_, 0);
}

TEST_F(JournalHolesTest, what_was_given_up_stays_even_with_a_cursor_whose_segment_is_taken) {
  open(2);
  const std::string record(1000, 'x');
  const auto late = stall("late");
  std::uint64_t written = fill(record);
  EXPECT_EQ(read(1).size(), written);
  wait_for_torn(1);
  ASSERT_EQ(write(record), Reserve::done);
  ++written;
  const std::uint64_t lagged = journal_.lagged(journal_.cursor(0));
  EXPECT_EQ(lagged, 8U) << "two segments, without the one that was given up";
  commit(late, "late");
  EXPECT_EQ(read(1).size(), 2U) << "the last one and the late one";
  EXPECT_EQ(lagged + read(0).size(), written + 1);
  EXPECT_EQ(torn_, 0);
  journal_.close();
  journal_.destroy();
  EXPECT_EQ(memory_.held, 0U);
}

}  // namespace
}  // namespace llmtrace::journal
