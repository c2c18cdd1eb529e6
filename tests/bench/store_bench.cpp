// llmtrace_store_bench [spans] [clients] [file] [--no-index]: what the collector's store does by itself,
// without HTTP around it.
#include "collector/query/filter_language.hpp"
#include "collector/store/sqlite_store.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace llmtrace::bench {
namespace {

using namespace collector;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t spans_in_a_trace = 10;
constexpr std::uint64_t traces_in_a_batch = 10;
constexpr std::int64_t second = 1'000'000'000;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_mib() {
  std::ifstream statm{"/proc/self/statm"};
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Texts of different words, so that the index has something to do.
class Corpus {
 public:
  Corpus() {
    std::mt19937 random{7};
    for (auto& text : texts_) {
      text = "{\"text\":\"";
      while (text.size() < 1050) text += words_[random() % words_.size()] + " ";
      text += "\"}";
    }
  }
  [[nodiscard]] const std::string& text(std::uint64_t number) const { return texts_[number % texts_.size()]; }

 private:
  std::vector<std::string> words_ = [] {
    std::vector<std::string> words;
    std::mt19937 random{3};
    for (int i = 0; i < 5000; ++i) {
      std::string word;
      for (auto length = 3 + random() % 7; length > 0; --length)
        word += static_cast<char>('a' + static_cast<char>(random() % 26));
      words.push_back(word);
    }
    return words;
  }();
  std::array<std::string, 500> texts_;
};

struct Texts {
  std::string needle;
  std::vector<std::string> users;
  std::vector<std::string> sessions;
};

constexpr std::array<std::string_view, 5> models{"gpt-4o", "gpt-4o-mini", "claude-sonnet", "gemini-pro",
                                                 "o3"};
constexpr std::array<std::string_view, 6> names{"chat-request", "summarise", "classify",
                                                "route",        "extract",   "plan"};

void fill_call(SpanUpdate& span, std::mt19937_64& random) {
  span.model = models[random() % models.size()];
  span.provider = "openai";
  span.tokens_input = static_cast<std::int64_t>(random() % 4000);
  span.tokens_output = static_cast<std::int64_t>(random() % 800);
  span.cost = *span.tokens_input * 2500 + *span.tokens_output * 10'000;
  span.time_to_first_token = static_cast<std::int64_t>(random() % 900'000'000U);
  span.parameters = R"({"temperature":0.2,"max_tokens":800})";
  span.usage = R"({"input":120,"output":48})";
}

// The trace's span number `s`, of which 0 is its root.
SpanUpdate make_span(const TraceUpdate& trace, SpanId root, std::uint64_t s, std::mt19937_64& random) {
  SpanUpdate span;
  span.trace_id = trace.trace_id;
  span.span_id = s == 0 ? root : SpanId{random() | 1};
  if (s > 0) span.parent_span_id = root;
  span.name = s == 0 ? *trace.name : s % 3 == 0 ? "search_manual" : "answer";
  span.span_type = s == 0 ? SpanType::agent : s % 3 == 0 ? SpanType::tool : SpanType::llm;
  span.start_time = *trace.start_time + static_cast<std::int64_t>(s) * 100'000'000;
  span.end_time = *span.start_time + 90'000'000 + static_cast<std::int64_t>(random() % 1'000'000'000U);
  span.duration = *span.end_time - *span.start_time;
  span.status = Status::ok;
  if (random() % 50 == 0) {
    span.status = Status::error;
    span.error = "no answer in 3 s";
    span.error_type = "timeout";
  }
  if (span.span_type == SpanType::llm) fill_call(span, random);
  return span;
}

Batch make_batch(const Corpus& corpus, std::uint64_t first_trace, std::int64_t base_time) {
  auto texts = std::make_shared<Texts>();
  texts->users.reserve(traces_in_a_batch);
  texts->sessions.reserve(traces_in_a_batch);
  texts->needle = "{\"text\":\"the needle" + std::to_string(first_trace) + " lies here\"}";
  Batch batch;
  batch.project = "bench";
  batch.bytes = 100 * 2500;
  for (std::uint64_t t = 0; t < traces_in_a_batch; ++t) {
    const std::uint64_t number = first_trace + t;
    std::mt19937_64 random{number};
    TraceUpdate trace;
    trace.trace_id = {random(), random()};
    trace.name = names[number % names.size()];
    trace.start_time = base_time + static_cast<std::int64_t>(number) * second / 10;
    trace.end_time = *trace.start_time + second + static_cast<std::int64_t>(random() % 4'000'000'000U);
    trace.status = Status::ok;
    trace.user_id = texts->users.emplace_back("user-" + std::to_string(number % 997));
    trace.session_id = texts->sessions.emplace_back("session-" + std::to_string(number / 5));
    trace.tags = std::vector<std::string_view>{number % 2 ? "prod" : "staging"};
    trace.input = corpus.text(number);
    trace.revision = natural_revision(trace);
    const SpanId root{random() | 1};
    for (std::uint64_t s = 0; s < spans_in_a_trace; ++s) {
      SpanUpdate span = make_span(trace, root, s, random);
      span.input_data = t == 0 && s == 1 && first_trace % 1000 == 0 ? std::string_view{texts->needle}
                                                                    : std::string_view{corpus.text(random())};
      span.output_data = corpus.text(random());
      span.revision = natural_revision(span);
      batch.spans.push_back(span);
    }
    batch.traces.push_back(std::move(trace));
  }
  batch.memory = std::move(texts);
  return batch;
}

struct Ingested {
  double seconds = 0;
  double cpu = 0;
  std::vector<double> latencies;
};

Ingested ingest(Store& store, const Corpus& corpus, std::uint64_t spans, int clients,
                std::int64_t base_time) {
  const std::uint64_t batches = spans / (spans_in_a_trace * traces_in_a_batch);
  std::atomic<std::uint64_t> next{0};
  std::vector<std::vector<double>> latencies(static_cast<std::size_t>(clients));
  const auto begin = Clock::now();
  const double cpu = cpu_seconds();
  std::vector<std::thread> threads;
  threads.reserve(latencies.size());
  for (auto& own : latencies)
    threads.emplace_back([&] {
      for (std::uint64_t number = next++; number < batches; number = next++) {
        Batch batch = make_batch(corpus, number * traces_in_a_batch, base_time);
        const auto sent = Clock::now();
        const Applied applied = store.apply(std::move(batch)).get();
        own.push_back(milliseconds_since(sent));
        if (applied.outcome != WriteOutcome::committed) {
          std::fprintf(stderr, "not committed: %s\n", applied.error.c_str());
          std::exit(1);
        }
      }
    });
  for (auto& thread : threads) thread.join();
  Ingested result;
  result.seconds = milliseconds_since(begin) / 1000;
  result.cpu = cpu_seconds() - cpu;
  for (const auto& own : latencies) result.latencies.insert(result.latencies.end(), own.begin(), own.end());
  std::sort(result.latencies.begin(), result.latencies.end());
  return result;
}

double share(const std::vector<double>& sorted, double part) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(static_cast<double>(sorted.size() - 1) * part)];
}

void time_it(const char* what, const std::function<std::string()>& ask) {
  std::vector<double> times;
  std::string result;
  for (int i = 0; i < 7; ++i) {
    const auto begin = Clock::now();
    result = ask();
    times.push_back(milliseconds_since(begin));
  }
  const double first = times.front();
  std::sort(times.begin(), times.end());
  std::printf("%-38s first %8.2f ms  median %8.2f ms   %s\n", what, first, times[times.size() / 2],
              result.c_str());
}

std::string list(const Store& store, const char* filter, TraceOrder order = TraceOrder::start_time) {
  TraceQuery query;
  query.project = "bench";
  query.order = order;
  auto parsed = parse_filter(filter, 0);
  if (const auto* error = std::get_if<FilterError>(&parsed)) return error->message;
  query.filter = std::get<Filter>(std::move(parsed));
  const auto page = store.traces(query, Clock::now() + std::chrono::seconds{30});
  if (!page) return "outcome " + std::to_string(static_cast<int>(page.outcome)) + " " + page.error;
  return std::to_string(page.value.traces.size()) + " traces" +
         (page.value.text_complete ? "" : " (incomplete)");
}

void ask_all(const Store& store, std::int64_t base_time, std::uint64_t spans) {
  const auto soon = [] { return Clock::now() + std::chrono::seconds{30}; };
  for (const char* filter : {"", "model:gpt-4o", "error:true", "cost>100", "cost>0.05", "latency>4s tag:prod",
                             "user:user-7", "session:session-77", "-tag:prod model:o3 errors>2",
                             "name:chat* status:ok", "needle0", "lies", "\"needle0 lies here\"",
                             "\"lies needle0\"", "zzzzz", "model:o3 OR tag:prod", "latency>1h OR cost>50"})
    time_it(filter, [&] { return list(store, filter); });
  time_it("the costliest", [&] { return list(store, "", TraceOrder::cost); });
  const auto page = store.traces({.project = "bench", .limit = 1}, soon());
  const TraceId id = page.value.traces.at(0).trace_id;
  time_it("trace", [&] { return *store.trace("bench", id, soon()).value.name; });
  time_it("its spans, full", [&] {
    return std::to_string(store
                              .spans(
                                  "bench", id, SpanDetail::full, [](const auto&) { return true; }, soon())
                              .value);
  });
  const std::int64_t end = base_time + static_cast<std::int64_t>(spans / spans_in_a_trace) * second / 10;
  for (const auto group : {SeriesGroup::none, SeriesGroup::name, SeriesGroup::model, SeriesGroup::user})
    time_it("series over all", [&] {
      const auto series = store.series(
          {.project = "bench", .group = group, .from = base_time, .to = end, .step = 300 * second}, soon());
      return std::to_string(series.value.lines.size()) + " lines, " +
             std::to_string(series.value.lines.empty() ? 0 : series.value.lines[0].points.size()) + " points";
    });
  time_it("sessions",
          [&] { return std::to_string(store.sessions({.project = "bench"}, soon()).value.sessions.size()); });
  time_it("facet user", [&] {
    return std::to_string(store.facets({.project = "bench", .field = TextField::user}, soon()).value.size());
  });
  time_it("totals", [&] { return std::to_string(store.totals("bench", soon()).value.spans); });
}

std::unique_ptr<Store> open(const SqliteOptions& options) {
  auto opened = open_sqlite_store(options);
  if (const auto* error = std::get_if<OpenError>(&opened)) {
    std::fprintf(stderr, "%s\n", error->message.c_str());
    std::exit(1);
  }
  return std::get<std::unique_ptr<Store>>(std::move(opened));
}

int main_of(std::uint64_t spans, int clients, const std::string& file, bool text_index) {
  SqliteOptions options;
  options.text_index = text_index;
  options.file = file;
  options.in_memory = file == ":memory:";
  if (options.in_memory) options.max_bytes = std::int64_t{8} << 30;
  const Corpus corpus;
  const std::int64_t base_time = 1'790'000'000 * second;
  {
    auto store = open(options);
    const Ingested run = ingest(*store, corpus, spans, clients, base_time);
    const double count = static_cast<double>(spans);
    std::printf(
        "%d clients: %.0f spans/s, %.1f us CPU a span, batch p50 %.1f p99 %.1f max %.1f ms, %.0f MiB "
        "resident\n",
        clients, count / run.seconds, run.cpu / count * 1e6, share(run.latencies, 0.5),
        share(run.latencies, 0.99), share(run.latencies, 1), resident_mib());
    const auto begin = Clock::now();
    while (store->status().text_index_backlog > 0) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    const StoreStatus status = store->status();
    std::printf("indexed after another %.1f s; files %.0f MiB, log %.0f, index %.0f\n",
                milliseconds_since(begin) / 1000, static_cast<double>(status.file_bytes) / (1 << 20),
                static_cast<double>(status.wal_bytes) / (1 << 20),
                static_cast<double>(status.text_index_bytes) / (1 << 20));
    if (options.in_memory) ask_all(*store, base_time, spans);
  }
  if (options.in_memory || !text_index) return 0;
  const auto begin = Clock::now();
  auto store = open(options);
  std::printf("started in %.1f ms\n", milliseconds_since(begin));
  ask_all(*store, base_time, spans);
  std::printf("%.0f MiB resident\n", resident_mib());
  return 0;
}

}  // namespace
}  // namespace llmtrace::bench

int main(int count, char** arguments) {
  const bool text_index = std::string{arguments[count - 1]} != "--no-index";
  if (!text_index) --count;
  const std::uint64_t spans = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 100'000;
  const int clients = count > 2 ? std::atoi(arguments[2]) : 4;
  if (count > 3) return llmtrace::bench::main_of(spans, clients, arguments[3], text_index);
  std::string directory = (std::filesystem::temp_directory_path() / "llmtrace-bench-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) return 1;
  const int result = llmtrace::bench::main_of(spans, clients, directory + "/traces.db", text_index);
  std::filesystem::remove_all(directory);
  return result;
}
