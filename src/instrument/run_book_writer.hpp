// The agent's side of the run book. Everything here is safe to call without a book, from any thread, and in a
// forked child, which gets a slot of its own.
//
// The entry of the agent calls open_run_book() once and, if that is true, keep_run_book() on the options that
// it starts the tracer with. The engine calls note_span_started() and note_span_ended() for each span of its
// own, behind the fact; each costs one relaxed addition.
#pragma once

#include <llmtrace/tracer.hpp>

namespace llmtrace::instrument {

// False when the path is no run book: the agent then works without.
[[nodiscard]] bool open_run_book(const char* path) noexcept;

// Adds the exporter that fills in sums by model, and sends complaints to the book instead of the program's
// stderr. The exporters that the environment asks for stay. Throws bad_alloc.
void keep_run_book(Options& options);

void note_span_started() noexcept;
void note_span_ended() noexcept;

}  // namespace llmtrace::instrument
