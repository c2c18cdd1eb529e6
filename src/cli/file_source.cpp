// A file of JSON lines, loaded into a store in memory and asked like a service, without one.
#include "cli/json_lines.hpp"
#include "cli/source.hpp"
#include "collector/ingest/item_reader.hpp"
#include "collector/routes/router.hpp"
#include "collector/store/sqlite_store.hpp"

#include <fmt/core.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace llmtrace::cli {
namespace {

namespace http = collector::http;
using collector::Batch;

std::unique_ptr<collector::Store> memory_store() {
  collector::SqliteOptions options;
  options.in_memory = true;
  options.retention_days = 0;
  auto opened = collector::open_sqlite_store(std::move(options));
  if (auto* error = std::get_if<collector::OpenError>(&opened)) throw Failure{error->message};
  return std::get<std::unique_ptr<collector::Store>>(std::move(opened));
}

// Collects items and stores them some at a time.
class Loader {
 public:
  Loader(collector::Store& store, std::string project) : store_{store}, project_{std::move(project)} {
    begin();
  }

  void add(LineKind kind, std::string_view item) {
    const std::string_view kept = memory_->arena.keep(std::string{item});
    std::string error;
    if (kind == LineKind::span) {
      collector::SpanUpdate update;
      error = collector::ingest::read_span(kept, {}, memory_->arena, update);
      if (error.empty()) batch_.spans.push_back(update);
    } else {
      collector::TraceUpdate update;
      error = collector::ingest::read_trace(kept, {}, memory_->arena, update);
      if (error.empty()) batch_.traces.push_back(std::move(update));
    }
    if (!error.empty() && refused_++ == 0) first_error_ = error;
    if (memory_->arena.bytes() > largest_batch) store();
  }

  void store() {
    batch_.memory = memory_;
    batch_.bytes = memory_->arena.bytes();
    const collector::Applied applied = store_.apply(std::move(batch_)).get();
    if (applied.outcome != collector::WriteOutcome::committed) throw Failure{"cannot load: " + applied.error};
    begin();
  }

  [[nodiscard]] std::size_t refused() const noexcept { return refused_; }
  [[nodiscard]] const std::string& first_error() const noexcept { return first_error_; }

 private:
  static constexpr std::size_t largest_batch = 4 * 1024 * 1024;
  struct Memory {
    collector::ingest::TextArena arena;
  };

  void begin() {
    batch_ = Batch{};
    batch_.project = project_;
    memory_ = std::make_shared<Memory>();
  }

  collector::Store& store_;
  std::string project_;
  Batch batch_;
  std::shared_ptr<Memory> memory_;
  std::size_t refused_ = 0;
  std::string first_error_;
};

class FileSource final : public Source {
 public:
  explicit FileSource(const std::string& file)
      : store_{memory_store()},
        live_{0},
        pool_{1, 16},
        services_{*store_,
                  live_,
                  pool_,
                  collector::access::Keys::any(),
                  collector::access::SiteRules{"127.0.0.1", {}},
                  std::chrono::minutes{10},
                  nullptr,
                  &wall_clock},
        router_{services_} {
    const std::string project = first_project(file);
    load(file, project);
    set_project(project);
  }

 private:
  static collector::UnixTime wall_clock() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  // All traces of a file are shown together, under the project of the first.
  static std::string first_project(const std::string& file) {
    std::string project;
    if (file == "-") return "file";
    static_cast<void>(read_lines(file, [&](LineKind kind, std::string_view item) {
      if (kind == LineKind::trace && project.empty()) project = JsonView{item}["project_id"].text();
    }));
    return collector::access::is_project_id(project) ? project : "file";
  }

  void load(const std::string& file, const std::string& project) {
    Loader loader{*store_, project};
    const ReadLines read =
        read_lines(file, [&](LineKind kind, std::string_view item) { loader.add(kind, item); });
    loader.store();
    if (read.skipped != 0)
      fmt::print(stderr, "llmtrace: {} lines of {} are no spans or traces, the first is line {}\n",
                 read.skipped, file, read.first_skipped);
    if (loader.refused() != 0)
      fmt::print(stderr, "llmtrace: {} items of {} are not valid, the first: {}\n", loader.refused(), file,
                 loader.first_error());
  }

  Reply fetch(const std::string& target, const std::function<void(std::string_view)>* receive) override {
    http::Request request;
    request.method = "GET";
    const auto question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    request.headers.emplace_back("host", "localhost");
    http::Response response = ask(std::move(request));
    if (response.source && response.status == 200) return {200, drain(*response.source, receive), {}};
    if (receive != nullptr && response.status == 200) (*receive)(response.body);
    return {response.status, std::move(response.body), {}};
  }

  http::Response ask(http::Request request) {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<http::Response> answer;
    router_.handle(std::move(request), [&](http::Response response) {
      const std::lock_guard lock{mutex};
      answer = std::move(response);
      answered.notify_one();
    });
    std::unique_lock lock{mutex};
    answered.wait(lock, [&] { return answer.has_value(); });
    return std::move(*answer);
  }

  static std::string drain(http::BodySource& source, const std::function<void(std::string_view)>* receive) {
    std::string all;
    for (auto next = http::BodySource::Next::more; next == http::BodySource::Next::more;) {
      std::string piece;
      next = source.next(piece);
      receive != nullptr ? (*receive)(piece) : static_cast<void>(all += piece);
    }
    return all;
  }

  std::unique_ptr<collector::Store> store_;
  collector::live::LiveFeed live_;
  http::WorkerPool pool_;
  collector::routes::Services services_;
  collector::routes::Router router_;
};

}  // namespace

std::unique_ptr<Source> open_file(const std::string& file) { return std::make_unique<FileSource>(file); }

}  // namespace llmtrace::cli
