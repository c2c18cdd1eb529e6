// What is hidden before anything leaves the process: keys and tokens always unless it is turned off, personal
// data where that is asked for, and whatever the program adds. All of it happens on the worker.
#pragma once

#include <llmtrace/setting.hpp>
#include <llmtrace/text.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

LLMTRACE_BEGIN_NAMESPACE

// Called for each text with the path to it: "name", "input", "input.messages.0.content", "attributes.route",
// "events.retry.reason". What it gives back stands there instead; nothing leaves the text as it is. Runs on a
// worker, one call at a time, once for each exporter or more. Where it throws, the text is hidden as a whole.
using RedactHook = std::function<std::optional<std::string>(std::string_view path, std::string_view value)>;

struct RedactOptions {
  Setting<RedactMode> mode = {};           // TRACER_REDACT: off, secrets, pii; secrets
  std::vector<std::string> literals = {};  // hidden wherever they stand; 16 KiB together. Costs 1 ns a byte
  RedactHook hook = {};                    // costs its call for each text; its results are searched as well
};

// The same for a text of the program's own, a log line for one.
[[nodiscard]] LLMTRACE_API std::string redact(Text text, RedactMode mode = RedactMode::secrets);

LLMTRACE_END_NAMESPACE
