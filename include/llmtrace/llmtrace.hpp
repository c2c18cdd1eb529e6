// Everything for the first five minutes. Opt-in beside it: stream.hpp and coroutine.hpp, adapters/,
// exporter.hpp, json.hpp, span_map.hpp, testing.hpp.
#pragma once

#include <llmtrace/macros.hpp>
#include <llmtrace/tracer.hpp>
#include <llmtrace/version.hpp>
#include <llmtrace/wrap.hpp>
