// What `llmtrace run` and the agents in the processes below it share: a small piece of memory that holds no
// more than counts, names of models and the agents' complaints. It lies in a sealed memory file of
// `llmtrace run`, so it survives whatever ends a process, nobody can cut it short, and it is gone with its
// readers. Whoever reads it trusts nothing in it: the program could have written there, too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace llmtrace::instrument {

inline constexpr const char* run_book_variable = "TRACER_AGENT_BOOK";

namespace book {

using Count = std::atomic<std::uint64_t>;
static_assert(Count::is_always_lock_free && sizeof(Count) == 8, "shared between processes");

// A slot is written once, by whoever moves `state` on from `free`; `ready` publishes its names.
enum State : std::uint32_t { free, being_written, ready };
using SlotState = std::atomic<std::uint32_t>;

struct ExporterSlot {
  SlotState state;
  char name[28];
  Count acknowledged;
};

// A process that made calls. Each count is moved by that process alone.
struct ProcessSlot {
  SlotState state;
  std::uint32_t pid;
  Count spans_started;
  Count spans_ended;
  Count spans_seen;  // by the sums below
  static constexpr std::size_t most_exporters = 4;
  ExporterSlot exporters[most_exporters];
};

// The calls of a model; two slots may have the same names.
struct ModelSlot {
  SlotState state;
  char model[92];
  char provider[32];
  Count calls;
  Count errors;
  Count cancelled;
  Count tokens_input;
  Count tokens_output;
  Count cost;           // in billionths of a cent
  Count without_price;  // calls
  Count nanoseconds;
};

struct Message {
  SlotState state;
  char text[252];
};

struct RunBook {
  static constexpr std::uint64_t magic_number = 0x6c6c'6d72'756e'0001;  // with the version of the layout
  static constexpr std::size_t most_processes = 256;
  static constexpr std::size_t most_models = 128;
  static constexpr std::size_t most_messages = 16;

  std::uint64_t magic;
  std::uint64_t size;
  Count agents_started;
  ProcessSlot processes[most_processes];  // the last one is shared by all that find no other
  ModelSlot models[most_models];          // so is the last one of these
  Message messages[most_messages];
};
static_assert(std::is_standard_layout_v<RunBook>);

inline constexpr double cost_units_per_dollar = 1e11;

}  // namespace book
}  // namespace llmtrace::instrument
