// Both ends of the run book: the agent's, which writes, and that of `llmtrace run`, which reads.
#include "instrument/run_book.hpp"

#include "cli/run_book_file.hpp"
#include "instrument/run_book_writer.hpp"
#include "support/temporary_directory.hpp"
#include <llmtrace/llmtrace.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace llmtrace::instrument {
namespace {

using cli::RunBookFile;
using cli::RunFacts;
using testing::ElementsAre;
using testing_support::TemporaryDirectory;

// A process opens one book in its life, so each test has a process of its own; what it expects comes back
// as an exit code, and the book is read here.
class RunBookTest : public testing::Test {
 protected:
  template <class Work>
  int in_child(Work&& work) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (!open_run_book(file_.path().c_str())) ::_exit(99);
      work();
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  static Options options(const std::string& exporter) {
    Options options;
    options.exporter = exporter;
    options.read_environment = false;
    keep_run_book(options);
    return options;
  }

  static void make_call(const char* model, const Usage& usage, double cost, bool fails = false) {
    Span span{"call", SpanKind::llm};
    note_span_started();
    span.set_model(model).set_provider("openai").set_usage(usage);
    if (cost >= 0) span.set_cost(cost);
    if (fails) span.set_error("refused");
    note_span_ended();
  }

  RunBookFile file_;
};

TEST_F(RunBookTest, sums_calls_by_model) {
  const int end = in_child([] {
    auto tracing = Tracer::init(options("none"));
    make_call("gpt-4o", {.input = 10, .output = 5}, 0.25);
    make_call("gpt-4o", {.input = 1, .output = 2}, 0.5, true);
    make_call("a-model", {.input = 7}, -1);
    { const Span other{"no call", SpanKind::tool}; }
  });
  ASSERT_EQ(end, 0);
  const RunFacts facts = file_.read();
  EXPECT_EQ(facts.agents, 1U);
  EXPECT_EQ(facts.processes, 1U);
  EXPECT_EQ(facts.spans_started, 3U);
  EXPECT_EQ(facts.spans_seen, 4U);
  ASSERT_EQ(facts.models.size(), 2U);
  EXPECT_EQ(facts.models[0].model, "gpt-4o");
  EXPECT_EQ(facts.models[0].provider, "openai");
  EXPECT_EQ(facts.models[0].calls, 2U);
  EXPECT_EQ(facts.models[0].errors, 1U);
  EXPECT_EQ(facts.models[0].tokens_input, 11U);
  EXPECT_EQ(facts.models[0].tokens_output, 7U);
  EXPECT_DOUBLE_EQ(facts.models[0].cost_usd, 0.75);
  EXPECT_EQ(facts.models[1].without_price, 1U);
  EXPECT_EQ(facts.total().calls, 3U);
  EXPECT_EQ(facts.lost(0), 0U) << "nothing was to be sent anywhere";
}

TEST_F(RunBookTest, counts_what_was_acknowledged) {
  const TemporaryDirectory files;
  ASSERT_EQ(in_child([&] {
              auto tracing = Tracer::init(options("file:" + files.file("spans")));
              make_call("m", {}, -1);
              make_call("m", {}, -1);
              if (!tracing.flush()) ::_exit(3);
              make_call("m", {}, -1);
              ::kill(::getpid(), SIGKILL);
            }),
            128 + SIGKILL);
  const RunFacts facts = file_.read();
  ASSERT_EQ(facts.deliveries.size(), 1U);
  EXPECT_EQ(facts.deliveries[0].exporter, "file");
  EXPECT_GE(facts.deliveries[0].acknowledged, 2U);
  EXPECT_EQ(facts.spans_started, 3U);
  EXPECT_EQ(facts.lost(1), 3U - facts.deliveries[0].acknowledged);
  EXPECT_EQ(facts.lost(2), 3U) << "the other exporter has acknowledged nothing";
}

TEST_F(RunBookTest, a_forked_child_counts_apart) {
  ASSERT_EQ(in_child([] {
              note_span_started();
              const pid_t child = ::fork();
              if (child == 0) {
                note_span_started();
                note_span_started();
                note_span_ended();
                ::kill(::getpid(), SIGKILL);
              }
              ::waitpid(child, nullptr, 0);
              note_span_ended();
            }),
            0);
  const RunFacts facts = file_.read();
  EXPECT_EQ(facts.processes, 2U);
  EXPECT_EQ(facts.spans_started, 3U);
  EXPECT_EQ(facts.spans_ended, 2U);
}

TEST_F(RunBookTest, more_processes_and_models_than_there_is_room_for_are_summed_together) {
  constexpr int processes = book::RunBook::most_processes + 10;
  constexpr int models = book::RunBook::most_models + 10;
  ASSERT_EQ(in_child([] {
              for (int i = 0; i < processes; ++i) {
                const pid_t child = ::fork();
                if (child == 0) {
                  note_span_started();
                  ::_exit(0);
                }
                ::waitpid(child, nullptr, 0);
              }
              auto tracing = Tracer::init(options("none"));
              for (int i = 0; i < models; ++i) make_call(("model-" + std::to_string(i)).c_str(), {}, -1);
            }),
            0);
  const RunFacts facts = file_.read();
  EXPECT_EQ(facts.processes, book::RunBook::most_processes);
  EXPECT_EQ(facts.spans_started, static_cast<std::uint64_t>(processes + models));
  EXPECT_EQ(facts.models.size(), book::RunBook::most_models);
  EXPECT_EQ(facts.total().calls, static_cast<std::uint64_t>(models));
}

TEST_F(RunBookTest, complaints_go_to_the_book_and_each_only_once) {
  ASSERT_EQ(in_child([] {
              const Options made = options("none");
              for (int i = 0; i < 3; ++i)
                made.on_error({Diagnostic::Level::warning, "config", "it is wrong"});
            }),
            0);
  EXPECT_THAT(file_.read().messages, ElementsAre("it is wrong"));
}

// A program may write where it likes; a reader must come through whatever it finds.
TEST_F(RunBookTest, is_read_safely_when_it_is_full_of_garbage) {
  const int file = ::open(file_.path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(file, 0);
  void* memory = ::mmap(nullptr, sizeof(book::RunBook), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ASSERT_NE(memory, MAP_FAILED);
  for (const int byte : {0x02, 0xff}) {
    std::memset(memory, byte, sizeof(book::RunBook));
    std::uint32_t ready = book::State::ready;
    std::memcpy(static_cast<char*>(memory) + offsetof(book::RunBook, processes), &ready, sizeof ready);
    std::memcpy(static_cast<char*>(memory) + offsetof(book::RunBook, models), &ready, sizeof ready);
    const RunFacts facts = file_.read();
    EXPECT_LE(facts.models.size(), book::RunBook::most_models);
    EXPECT_LE(facts.lost(1), facts.spans_started);
  }
  EXPECT_NE(::ftruncate(file, 0), 0) << "cut short, it would end whoever reads it";
  ::munmap(memory, sizeof(book::RunBook));
  ::close(file);
}

TEST(RunBook, nothing_but_a_book_is_taken_for_one) {
  const TemporaryDirectory files;
  std::ofstream{files.file("other")} << std::string(sizeof(book::RunBook), 'x');
  for (const std::string& path :
       {std::string{}, files.file("missing"), files.file("other"), std::string{"/dev/null"}})
    EXPECT_FALSE(open_run_book(path.c_str())) << path;
  EXPECT_FALSE(open_run_book(nullptr));
  EXPECT_EQ(testing_support::contents(files.file("other")), std::string(sizeof(book::RunBook), 'x'));
}

}  // namespace
}  // namespace llmtrace::instrument
