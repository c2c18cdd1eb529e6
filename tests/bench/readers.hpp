// How fast the readers of LLM exchanges go through the bodies of responses.
#pragma once

#include "figures.hpp"

namespace llmtrace::bench {

// "{recorded,streams,documents,embeddings,long_stream}.mb_per_s" of response body a core, and
// "more_mb": memory that reading takes beyond the bodies. Bodies come in pieces of 16 KiB, as from curl.
[[nodiscard]] Figures measure_readers();

}  // namespace llmtrace::bench
