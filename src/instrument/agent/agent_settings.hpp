// What the environment says to the agent. Read once, as the process starts.
#pragma once

#include <llmtrace/instrument.hpp>

namespace llmtrace::instrument {

// TRACER_AGENT_PROVIDERS, TRACER_AGENT_METHODS, TRACER_AGENT_EXCLUDE, TRACER_AGENT_PROPAGATE_TO: lists with
// commas. Throws bad_alloc.
[[nodiscard]] InstrumentOptions agent_instrument_options();

// Of the tracer that the agent starts: quiet unless TRACER_LOG is set, and gone soon when the program exits.
[[nodiscard]] Options agent_options();

}  // namespace llmtrace::instrument
