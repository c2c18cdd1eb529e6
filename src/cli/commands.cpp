#include "cli/closest.hpp"
#include "cli/command.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

namespace llmtrace::cli {
namespace {

#ifdef LLMTRACE_WITH_COLLECTOR
// Where the commands that ask read from.
#define LLMTRACE_SOURCE_HELP                                                                                 \
  "  --url URL        the service; else TRACER_URL, else http://localhost:8001\n"                            \
  "  --project ID     the project; else TRACER_PROJECT_ID, that of TRACER_API_KEY, or the one last written " \
  "to"
#endif

constexpr Command table[] = {
    {"help", "[command]", "show the commands, or what one of them does", "", &run_help},
    {"read", "[FILE] [--cut N]", "show what a span would record of recorded exchanges",
     "FILE, or standard input, holds one JSON object a line: url, req, resp (or resp_b64), status, stream, "
     "ctype.\n"
     "Each line is answered by one line; what cannot be read has an \"error\".\n\n"
     "  --cut N   hand the bodies over in pieces of N bytes, as a network would\n\n"
     "TRACER_PRICES names a file of prices that is merged over the built-in ones.",
     &run_read},
    {"run", "[options] -- PROGRAM ARGUMENTS...", "trace the LLM calls of a program that nobody changed",
     "The program runs as it would without: its output, exit code, signals and descriptors are its own. What "
     "it\n"
     "sends to LLM services through libcurl becomes spans; docs/auto-instrumentation.md says what that "
     "covers.\n"
     "When it has ended, a summary is shown on stderr.\n\n"
     "  --url URL            the service; else TRACER_URL, else http://localhost:8001\n"
     "  --project ID         the project; else TRACER_PROJECT_ID, that of TRACER_API_KEY, or default\n"
     "  --exporter LIST      http, file:PATH, console, none; else TRACER_EXPORTER, else http\n"
     "  --file FILE          also to this file, as JSON lines\n"
     "  --print              also as trees on stderr, while the program runs\n"
     "  --quiet              nothing on stderr\n"
     "  --json FILE          the summary as JSON\n"
     "  --providers LIST     only these, such as openai,anthropic\n"
     "  --methods LIST       only these, such as chat.completions.create,embeddings.create\n"
     "  --exclude LIST       not these\n"
     "  --propagate-to LIST  hosts of yours that get a traceparent header\n"
     "  --no-inputs, --no-outputs   do not record what goes in, or comes out\n"
     "  --redact MODE        off, secrets or pii; secrets if absent\n"
     "  --sample-rate RATE   the share of traces to keep, from 0 to 1\n"
     "  --environment NAME, --release NAME   on every trace\n"
     "  --agent FILE         the library to load, if it is not beside this program\n\n"
     "A key is given by TRACER_API_KEY only: arguments can be read by everybody on the machine.\n\n"
     "Example: llmtrace run --project support-bot -- ./app --its-own-options",
     &run_run},
    {"version", "", "show the version of this program", "The library has the same version.", &run_version},
#ifdef LLMTRACE_WITH_COLLECTOR
    {"serve", "[options]", "collect traces on this machine and show them in a browser",
     "  --port N             8001 if absent; 0 for any free one\n"
     "  --host ADDRESS       listen there and not on 127.0.0.1; needs --keys\n"
     "  --host-name NAME     a name that the server is called by, beside its address; may be repeated\n"
     "  --keys FILE          accept these keys only; a line is a project and the SHA-256 of a key\n"
     "  --db FILE            the database; else traces.db in the user's data directory\n"
     "  --retention-days N   delete traces after so many days, 90 if absent; 0 keeps them for ever\n"
     "  --max-bytes SIZE     delete the oldest traces beyond this size, such as 20G\n"
     "  --memory             keep everything in memory and nothing on disk; 512 MiB unless --max-bytes says "
     "else\n\n"
     "Example: llmtrace serve --port 9000 --retention-days 7",
     &run_serve},
    {"tail", "[options]", "print traces as they end",
     "  --json           a line of JSON for each trace\n" LLMTRACE_SOURCE_HELP
     "\n\nExample: llmtrace tail --project support-bot",
     &run_tail},
    {"ls", "[FILE] [options]", "list traces, the newest first",
     "FILE: JSON lines as the file exporter writes them, read without a service; - is stdin.\n\n"
     "  --filter TEXT    such as 'model:gpt-4o error:true latency>2s'\n"
     "  --limit N        20 if absent\n"
     "  --json           as the service answers\n" LLMTRACE_SOURCE_HELP
     "\n\nExample: llmtrace ls --filter 'error:true' --limit 50",
     &run_ls},
    {"show", "TRACE_ID [FILE] [options]", "show a trace as a tree",
     "FILE: JSON lines as the file exporter writes them, read without a service; - is stdin.\n\n"
     "  --io             also what went into each span and came out of it\n"
     "  --json           as the service answers\n" LLMTRACE_SOURCE_HELP
     "\n\nExample: llmtrace show 78bc927ded35455daad71e75cde2b88e --io",
     &run_show},
    {"stats", "[FILE] [options]", "show counts, latencies, tokens and costs by model and by name",
     "FILE: JSON lines as the file exporter writes them, read without a service; - is stdin.\n\n"
     "  --json           as JSON\n" LLMTRACE_SOURCE_HELP "\n\nExample: llmtrace stats traces.jsonl",
     &run_stats},
    {"export", "[FILE] [options]", "write traces as JSON lines",
     "FILE: JSON lines to choose from, without a service; - is stdin.\n\n"
     "  --trace ID       this trace only\n"
     "  --filter TEXT    such as 'model:gpt-4o error:true latency>2s'\n"
     "  --from, --to T   traces that started in this time, such as 2026-01-31T00:00:00Z\n"
     "  -o, --output F   to this file and not to stdout\n" LLMTRACE_SOURCE_HELP
     "\n\nExample: llmtrace export --filter 'tag:prod' -o traces.jsonl",
     &run_export},
    {"import", "FILE... [options]", "store JSON lines in the service",
     "FILE: JSON lines as `llmtrace export` and the file exporter write them; - is stdin. All go to the "
     "project\n"
     "of the key. What is there already is not stored twice.\n\n"
     "  --url URL        the service; else TRACER_URL, else http://localhost:8001\n"
     "  --project ID     the project; else TRACER_PROJECT_ID, that of TRACER_API_KEY, or default"
     "\n\nExample: llmtrace import traces.jsonl",
     &run_import},
    {"send-sample", "[options]", "send a sample trace to the service",
     "  --url URL        the service; else TRACER_URL, else http://localhost:8001\n"
     "  --project ID     the project; else TRACER_PROJECT_ID, that of TRACER_API_KEY, or default"
     "\n\nExample: llmtrace send-sample --project demo",
     &run_send_sample},
    {"doctor", "[options]", "find out why traces do not arrive",
     "Checks the environment variables, the service, the key, the clock and the disk; exits with 1 when\n"
     "something is wrong.\n\n"
     "  --db FILE        check this database instead\n"
     "  --json           as JSON\n"
     "  --url URL        the service; else TRACER_URL, else http://localhost:8001\n"
     "  --project ID     the project; else TRACER_PROJECT_ID or that of TRACER_API_KEY"
     "\n\nExample: llmtrace doctor",
     &run_doctor},
#endif
};

}  // namespace

std::span<const Command> commands() noexcept { return table; }

const Command* find_command(std::string_view name) noexcept {
  const auto* found =
      std::find_if(std::begin(table), std::end(table), [&](auto& known) { return known.name == name; });
  return found != std::end(table) ? found : nullptr;
}

int refuse(std::string_view problem) {
  fmt::print(stderr, "llmtrace: {}\nSee: llmtrace help\n", problem);
  return usage_error;
}

int refuse_unknown_command(std::string_view name) {
  const std::string_view meant = closest(name, table);
  if (meant.empty()) return refuse(fmt::format("there is no command \"{}\"", name));
  return refuse(fmt::format("there is no command \"{}\"; did you mean \"{}\"?", name, meant));
}

bool asks_for_help(Arguments arguments) noexcept {
  const auto end = std::find_if(arguments.begin(), arguments.end(),
                                [](std::string_view argument) { return argument == "--"; });
  return std::any_of(arguments.begin(), end,
                     [](std::string_view argument) { return argument == "--help" || argument == "-h"; });
}

}  // namespace llmtrace::cli
