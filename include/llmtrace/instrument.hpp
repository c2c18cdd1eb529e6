// Automatic instrumentation: calls of models that go through a libcurl which this process has loaded become
// spans, with no change where the calls are made. A name is a transport ("curl") or a provider ("openai",
// "anthropic", …: curl, limited to that provider). Nothing here throws; what cannot be patched stays as it
// is, and the result says so. Opt-in: the umbrella leaves it out.
#pragma once

#include <llmtrace/tracer.hpp>

#include <cstddef>
#include <string>
#include <vector>

LLMTRACE_BEGIN_NAMESPACE

struct InstrumentOptions {
  bool capture_inputs = true;                  // of the tracer's CaptureOptions the stricter one counts
  bool capture_outputs = true;                 // the same
  Setting<std::size_t> max_input_bytes = {};   // of each text shown of a request, as in LimitOptions
  Setting<std::size_t> max_output_bytes = {};  // of a response; its usage is read all the same
  bool redact_pii = false;  // hides personal data of these calls as well, whatever the tracer's mode

  // Which calls. Empty: all of them. A provider as in Usage and prices: "openai", "azure", "bedrock", …
  std::vector<std::string> providers = {};
  // "chat.completions.create", "embeddings.create", "messages.create", "images.generate", …, or a rule for
  // URLs: "host/path", "/path" or "host", where * stands for anything. A rule also takes in calls that no
  // built-in rule knows.
  std::vector<std::string> methods = {};
  std::vector<std::string> exclude = {};  // the same; beats all of the above

  // The user's own hosts, which get a traceparent header with each request made below a span.
  // "*.corp.example" names the subdomains. The program's own list of headers stays untouched.
  std::vector<std::string> propagate_to = {};
};

enum class InstrumentOutcome : std::uint8_t {
  instrumented,  // by this call
  replaced,      // it was before; the options are the new ones
  not_found,     // no libcurl is loaded yet; one that comes later will be instrumented
  unsupported,   // nothing known by this name, or not on this system
  failed,        // could not be patched, or memory is short
};

// What became of one library, or of a name without one.
struct InstrumentResult {
  std::string name;  // the path of a library, else the name that was asked for
  InstrumentOutcome outcome = InstrumentOutcome::failed;
  std::string reason;     // and the remedy, where there is one
  std::size_t slots = 0;  // that lead to the engine now

  [[nodiscard]] bool ok() const noexcept {
    return outcome == InstrumentOutcome::instrumented || outcome == InstrumentOutcome::replaced;
  }
};

// Any thread. A second call with the name replaces its options.
LLMTRACE_API std::vector<InstrumentResult> auto_instrument(Text name,
                                                           const InstrumentOptions& options = {}) noexcept;

// Takes it back: every slot leads to libcurl again. Transfers that run are traced to their end.
LLMTRACE_API std::vector<InstrumentResult> uninstrument(Text name) noexcept;

[[nodiscard]] LLMTRACE_API bool is_instrumented(Text name) noexcept;

// Looks for libraries that came otherwise than by a dlopen() which the engine sees. True: there were some.
LLMTRACE_API bool refresh() noexcept;

// A library that makes, or could make, calls of models.
struct DiscoveredLibrary {
  std::string name;         // "libcurl", "static libcurl", "httplib"
  std::string path;         // empty: the program itself
  std::string version;      // as the library says, with its TLS
  std::size_t slots = 0;    // of other modules that call it
  std::size_t patched = 0;  // of these, that lead to the engine
  bool covered = false;
  std::string note;  // what is not covered, and what to do instead
};
[[nodiscard]] LLMTRACE_API std::vector<DiscoveredLibrary> discover() noexcept;

// Names that auto_instrument() knows.
[[nodiscard]] LLMTRACE_API std::vector<std::string> supported_libraries() noexcept;

// discover() and auto_instrument() in one call; no names: all.
LLMTRACE_API std::vector<InstrumentResult> enable_auto_tracing(
    const std::vector<std::string>& names = {}, const InstrumentOptions& options = {}) noexcept;

LLMTRACE_END_NAMESPACE
