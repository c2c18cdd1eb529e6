#include "instrument/run_book_writer.hpp"

#include "export/settle_observer.hpp"
#include "instrument/run_book_slots.hpp"
#include <llmtrace/exporter.hpp>

#include <cmath>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <pthread.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace llmtrace::instrument {
namespace {

using namespace book;

constexpr const char* exporter_name = "llmtrace run";

std::atomic<RunBook*> open_book{nullptr};
std::atomic<ProcessSlot*> own_slot{nullptr};

// A name in /proc may have become another file's; a book is sealed against being cut.
bool is_sealed(int file) noexcept {
  const int seals = ::fcntl(file, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

RunBook* map(int file) noexcept {
  struct stat facts {};
  if (::fstat(file, &facts) != 0 || facts.st_size != static_cast<off_t>(sizeof(RunBook))) return nullptr;
  if (!is_sealed(file)) return nullptr;
  void* memory = ::mmap(nullptr, sizeof(RunBook), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* mapped = static_cast<RunBook*>(memory);
  if (mapped->magic == RunBook::magic_number && mapped->size == sizeof(RunBook)) return mapped;
  ::munmap(memory, sizeof(RunBook));
  return nullptr;
}

// Taken at the first span: most processes below a shell never have one.
ProcessSlot* slot_of_process() noexcept {
  if (ProcessSlot* known = own_slot.load(std::memory_order_acquire)) return known;
  RunBook* book = open_book.load(std::memory_order_acquire);
  if (book == nullptr) return nullptr;
  ProcessSlot* mine = &book->processes[RunBook::most_processes - 1];
  for (ProcessSlot& slot : book->processes) {
    if (!claim(slot)) continue;
    slot.pid = static_cast<std::uint32_t>(::getpid());
    publish(slot);
    mine = &slot;
    break;
  }
  // Two threads may have claimed one each: that one of them stays empty does no harm.
  ProcessSlot* expected = nullptr;
  return own_slot.compare_exchange_strong(expected, mine, std::memory_order_acq_rel) ? mine : expected;
}

void leave_slot_to_parent() noexcept { own_slot.store(nullptr, std::memory_order_release); }

void add(Count& count, std::uint64_t more) noexcept { count.fetch_add(more, std::memory_order_relaxed); }

ExporterSlot* exporter_slot(ProcessSlot& process, std::string_view name) noexcept {
  for (ExporterSlot& slot : process.exporters) {
    if (claim(slot)) {
      write_name(slot.name, name);
      publish(slot);
      return &slot;
    }
    if (is_ready(slot) && is_named(slot.name, name)) return &slot;
  }
  return nullptr;
}

void note_settled(std::string_view exporter, std::uint64_t acknowledged) noexcept {
  if (exporter == exporter_name) return;
  ProcessSlot* process = slot_of_process();
  if (process == nullptr) return;
  if (ExporterSlot* slot = exporter_slot(*process, exporter)) add(slot->acknowledged, acknowledged);
}

void note_message(const Diagnostic& diagnostic) noexcept {
  RunBook* book = open_book.load(std::memory_order_acquire);
  if (book == nullptr) return;
  for (Message& slot : book->messages) {
    if (is_ready(slot) && is_named(slot.text, diagnostic.message)) return;
    if (!claim(slot)) continue;
    write_name(slot.text, diagnostic.message);
    publish(slot);
    return;
  }
}

ModelSlot& model_slot(RunBook& book, std::string_view model, std::string_view provider) noexcept {
  for (ModelSlot& slot : book.models) {
    if (&slot == &book.models[RunBook::most_models - 1]) break;
    if (claim(slot)) {
      write_name(slot.model, model);
      write_name(slot.provider, provider);
      publish(slot);
      return slot;
    }
    if (is_ready(slot) && is_named(slot.model, model) && is_named(slot.provider, provider)) return slot;
  }
  ModelSlot& others = book.models[RunBook::most_models - 1];
  if (claim(others)) {
    write_name(others.model, "others");
    publish(others);
  }
  return others;
}

bool is_call(const SpanData& span) noexcept {
  return span.kind == SpanKind::llm || span.kind == SpanKind::embedding;
}

// What the provider answered with, else what it was asked for.
std::string_view model_of(const SpanData& span) noexcept {
  return span.model.empty() ? span.response_model : span.model;
}

void add_tokens(Count& count, const std::optional<std::int64_t>& tokens) noexcept {
  if (tokens && *tokens > 0) add(count, static_cast<std::uint64_t>(*tokens));
}

void add_cost(ModelSlot& sums, const std::optional<double>& dollars) noexcept {
  constexpr double most_dollars = 1e6;
  if (!dollars) return add(sums.without_price, 1);
  if (*dollars > 0 && *dollars < most_dollars)
    add(sums.cost, static_cast<std::uint64_t>(std::llround(*dollars * cost_units_per_dollar)));
}

void add_call(RunBook& book, const SpanData& span) {
  ModelSlot& sums = model_slot(book, model_of(span), span.provider);
  add(sums.calls, 1);
  if (span.status == Status::error) add(sums.errors, 1);
  if (span.cancelled) add(sums.cancelled, 1);
  add_tokens(sums.tokens_input, span.tokens("input"));
  add_tokens(sums.tokens_output, span.tokens("output"));
  add_cost(sums, span.cost_usd);
  if (span.duration.count() > 0) add(sums.nanoseconds, static_cast<std::uint64_t>(span.duration.count()));
}

// Has a lane of its own, so that sums are complete even where a service cannot be reached.
class RunBookExporter final : public Exporter {
 public:
  bool export_batch(const std::vector<SpanData>& spans, const std::vector<TraceData>&) override {
    RunBook* book = open_book.load(std::memory_order_acquire);
    if (book == nullptr) return true;
    for (const SpanData& span : spans)
      if (is_call(span)) add_call(*book, span);
    if (ProcessSlot* process = spans.empty() ? nullptr : slot_of_process())
      add(process->spans_seen, spans.size());
    return true;
  }
  [[nodiscard]] std::string name() const override { return exporter_name; }
};

}  // namespace

bool open_run_book(const char* path) noexcept {
  if (path == nullptr || *path == '\0') return false;
  const int file = ::open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file < 0) return false;
  RunBook* book = map(file);
  ::close(file);
  if (book == nullptr) return false;
  add(book->agents_started, 1);
  open_book.store(book, std::memory_order_release);
  static_cast<void>(::pthread_atfork(nullptr, nullptr, &leave_slot_to_parent));
  exporting::set_settle_observer(&note_settled);
  return true;
}

void keep_run_book(Options& options) {
  options.exporters.push_back(std::make_shared<RunBookExporter>());
  options.on_error = &note_message;
  if (!options.exporter.empty()) return;
  const char* asked = std::getenv("TRACER_EXPORTER");
  // A user's exporter alone would stand in for the usual one.
  options.exporter = asked != nullptr && *asked != '\0' ? asked : "http";
}

void note_span_started() noexcept {
  if (ProcessSlot* process = slot_of_process()) add(process->spans_started, 1);
}

void note_span_ended() noexcept {
  if (ProcessSlot* process = slot_of_process()) add(process->spans_ended, 1);
}

}  // namespace llmtrace::instrument
