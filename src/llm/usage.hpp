// What a provider counted, in tokens. Totals are inclusive: `input` contains what was read from and written
// to a cache, `output` contains the reasoning; the other numbers are parts of them. Unset is "not reported".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace llmtrace::llm {

using Count = std::optional<std::uint64_t>;

struct Usage {
  Count input;
  Count output;
  Count total;  // as reported, else the sum of input and output when both are known

  Count input_cached;          // read from a cache
  Count input_cache_write;     // written to a cache, however long it lives
  Count input_cache_write_5m;  // parts of input_cache_write
  Count input_cache_write_1h;
  Count input_audio;
  Count input_cached_audio;  // part of input_cached and of input_audio
  Count input_image;
  Count input_video;
  Count input_text;
  Count input_tool_use;  // what tools of the provider put into the prompt

  Count output_reasoning;
  Count output_audio;
  Count output_image;
  Count output_text;
  Count accepted_prediction;
  Count rejected_prediction;

  // Paid for beside the answer: Anthropic shortens a long conversation by asking the model first. In no
  // total.
  Count compaction_input;  // inclusive, as `input` is
  Count compaction_input_cached;
  Count compaction_input_cache_write;
  Count compaction_output;

  // Beside the tokens.
  Count input_processed;  // Cohere: tokens.*, where `input` and `output` are the billed units
  Count output_processed;
  Count search_units;
  Count web_searches;
  Count input_characters;

  friend bool operator==(const Usage&, const Usage&) = default;
};

struct UsageField {
  std::string_view name;  // on the wire, in usage{}
  Count Usage::*count;
};

// Every member, in the order in which it is written.
inline constexpr std::array usage_fields{
    UsageField{"input", &Usage::input},
    UsageField{"output", &Usage::output},
    UsageField{"total", &Usage::total},
    UsageField{"input_cached", &Usage::input_cached},
    UsageField{"input_cache_write", &Usage::input_cache_write},
    UsageField{"input_cache_write_5m", &Usage::input_cache_write_5m},
    UsageField{"input_cache_write_1h", &Usage::input_cache_write_1h},
    UsageField{"input_audio", &Usage::input_audio},
    UsageField{"input_cached_audio", &Usage::input_cached_audio},
    UsageField{"input_image", &Usage::input_image},
    UsageField{"input_video", &Usage::input_video},
    UsageField{"input_text", &Usage::input_text},
    UsageField{"input_tool_use", &Usage::input_tool_use},
    UsageField{"output_reasoning", &Usage::output_reasoning},
    UsageField{"output_audio", &Usage::output_audio},
    UsageField{"output_image", &Usage::output_image},
    UsageField{"output_text", &Usage::output_text},
    UsageField{"accepted_prediction", &Usage::accepted_prediction},
    UsageField{"rejected_prediction", &Usage::rejected_prediction},
    UsageField{"compaction_input", &Usage::compaction_input},
    UsageField{"compaction_input_cached", &Usage::compaction_input_cached},
    UsageField{"compaction_input_cache_write", &Usage::compaction_input_cache_write},
    UsageField{"compaction_output", &Usage::compaction_output},
    UsageField{"input_processed", &Usage::input_processed},
    UsageField{"output_processed", &Usage::output_processed},
    UsageField{"search_units", &Usage::search_units},
    UsageField{"web_searches", &Usage::web_searches},
    UsageField{"input_characters", &Usage::input_characters},
};

}  // namespace llmtrace::llm
