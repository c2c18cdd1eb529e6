#include "cli/run_book_file.hpp"

#include "cli/options.hpp"
#include "instrument/run_book.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace llmtrace::cli {
namespace {

using namespace instrument::book;

std::uint64_t value_of(const Count& count) { return count.load(std::memory_order_relaxed); }

template <std::size_t size>
std::string name_of(const char (&name)[size]) {
  return {name, ::strnlen(name, size)};
}

template <class Slot>
bool is_filled(const Slot& slot) {
  return slot.state.load(std::memory_order_acquire) == State::ready;
}

ModelSums sums_of(const ModelSlot& slot) {
  ModelSums sums;
  sums.model = name_of(slot.model);
  sums.provider = name_of(slot.provider);
  sums.calls = value_of(slot.calls);
  sums.errors = value_of(slot.errors);
  sums.cancelled = value_of(slot.cancelled);
  sums.tokens_input = value_of(slot.tokens_input);
  sums.tokens_output = value_of(slot.tokens_output);
  sums.without_price = value_of(slot.without_price);
  sums.cost_usd = static_cast<double>(value_of(slot.cost)) / cost_units_per_dollar;
  sums.seconds = static_cast<double>(value_of(slot.nanoseconds)) / 1e9;
  return sums;
}

void add_model(RunFacts& facts, ModelSums sums) {
  const auto known = std::find_if(facts.models.begin(), facts.models.end(), [&](const ModelSums& one) {
    return one.model == sums.model && one.provider == sums.provider;
  });
  if (known == facts.models.end()) {
    facts.models.push_back(std::move(sums));
  } else {
    known->add(sums);
  }
}

void add_delivery(RunFacts& facts, const ExporterSlot& slot) {
  const std::string name = name_of(slot.name);
  for (Delivery& known : facts.deliveries)
    if (known.exporter == name) return static_cast<void>(known.acknowledged += value_of(slot.acknowledged));
  facts.deliveries.push_back({name, value_of(slot.acknowledged)});
}

void add_process(RunFacts& facts, const ProcessSlot& slot) {
  ++facts.processes;
  facts.spans_started += value_of(slot.spans_started);
  facts.spans_ended += value_of(slot.spans_ended);
  facts.spans_seen += value_of(slot.spans_seen);
  for (const ExporterSlot& exporter : slot.exporters)
    if (is_filled(exporter)) add_delivery(facts, exporter);
}

RunFacts facts_of(const RunBook& book) {
  RunFacts facts;
  facts.agents = value_of(book.agents_started);
  for (const ProcessSlot& slot : book.processes)
    if (is_filled(slot)) add_process(facts, slot);
  for (const ModelSlot& slot : book.models)
    if (is_filled(slot)) add_model(facts, sums_of(slot));
  for (const Message& message : book.messages)
    if (is_filled(message)) facts.messages.push_back(name_of(message.text));
  std::sort(facts.models.begin(), facts.models.end(),
            [](const ModelSums& a, const ModelSums& b) { return a.calls > b.calls; });
  return facts;
}

}  // namespace

void ModelSums::add(const ModelSums& more) {
  calls += more.calls;
  errors += more.errors;
  cancelled += more.cancelled;
  tokens_input += more.tokens_input;
  tokens_output += more.tokens_output;
  without_price += more.without_price;
  cost_usd += more.cost_usd;
  seconds += more.seconds;
}

ModelSums RunFacts::total() const {
  ModelSums sum;
  for (const ModelSums& one : models) sum.add(one);
  return sum;
}

std::uint64_t RunFacts::lost(std::size_t exporters) const {
  if (exporters == 0) return 0;
  std::uint64_t least = deliveries.size() < exporters ? 0 : spans_started;
  for (const Delivery& one : deliveries) least = std::min(least, one.acknowledged);
  return spans_started - least;
}

RunBookFile::RunBookFile() {
  file_ = ::memfd_create("llmtrace-run", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file_ < 0 || ::ftruncate(file_, static_cast<off_t>(sizeof(RunBook))) != 0)
    throw Failure{"cannot make a memory file"};
  // Cut short by anybody, it would end every process that has it mapped.
  ::fcntl(file_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  void* memory = ::mmap(nullptr, sizeof(RunBook), PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (memory == MAP_FAILED) throw Failure{"cannot map a memory file"};
  book_ = static_cast<RunBook*>(memory);
  book_->size = sizeof(RunBook);
  book_->magic = RunBook::magic_number;
}

RunBookFile::~RunBookFile() {
  if (book_ != nullptr) ::munmap(book_, sizeof(RunBook));
  if (file_ >= 0) ::close(file_);
}

// Through /proc: the descriptor itself is closed in the program, whose own keep their numbers.
std::string RunBookFile::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file_);
}

RunFacts RunBookFile::read() const { return facts_of(*book_); }

}  // namespace llmtrace::cli
