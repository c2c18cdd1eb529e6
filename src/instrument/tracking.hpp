// What all hooks ask: whether calls are traced at the moment, and which. Any thread.
#pragma once

#include "instrument/call_rules.hpp"

#include <memory>

namespace llmtrace::instrument {

// Starts with null, which stops new transfers from being traced; what runs is traced to its end.
void set_rules(std::shared_ptr<const RuleSet> rules) noexcept;
[[nodiscard]] std::shared_ptr<const RuleSet> current_rules() noexcept;

// Whether this thread's transfers are traced: never those of our own exporters.
[[nodiscard]] bool is_tracking() noexcept;

// Somebody who starts the tracer when the first call is made: the agent, in programs that make none, does
// nothing at all.
using TracerStarter = void (*)() noexcept;
void set_tracer_starter(TracerStarter starter) noexcept;
// True when spans would be recorded now.
[[nodiscard]] bool ensure_tracer() noexcept;

// Transfers of multi handles, whose end is seen by hooks alone: as long as there are any, these must stay.
void multi_transfer_begins() noexcept;
// True for the last one.
[[nodiscard]] bool multi_transfer_ends() noexcept;
[[nodiscard]] std::size_t multi_transfers() noexcept;

}  // namespace llmtrace::instrument
