// The public face of the engine: names, options and what became of them.
#include "instrument/engine.hpp"
#include "instrument/other_clients.hpp"
#include "instrument/slot_patch.hpp"
#include "instrument/static_curl.hpp"
#include "instrument/tracking.hpp"
#include "runtime/auto_instrument.hpp"
#include <llmtrace/instrument.hpp>

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

LLMTRACE_BEGIN_NAMESPACE

namespace {

using instrument::LibraryReport;

constexpr std::string_view transport = "curl";

struct Asked {
  std::string name;
  InstrumentOptions options;
};

// What has been asked for by name; guards itself.
class Requests {
 public:
  // True: the name was there. Throws bad_alloc, and nothing has changed then.
  bool put(std::string_view name, const InstrumentOptions& options) {
    const std::lock_guard lock{mutex_};
    std::vector<Asked> changed = asked_;
    const auto known = find(changed, name);
    const bool was_there = known != changed.end();
    if (was_there)
      known->options = options;
    else
      changed.push_back({std::string{name}, options});
    use(std::move(changed));
    return was_there;
  }
  // True: the name was there, and nothing is left.
  bool remove(std::string_view name) {
    const std::lock_guard lock{mutex_};
    std::vector<Asked> changed = asked_;
    const auto known = find(changed, name);
    if (known == changed.end()) return false;
    changed.erase(known);
    use(std::move(changed));
    return asked_.empty();
  }
  bool has(std::string_view name) {
    const std::lock_guard lock{mutex_};
    return find(asked_, name) != asked_.end();
  }

 private:
  static std::vector<Asked>::iterator find(std::vector<Asked>& in, std::string_view name) {
    return std::find_if(in.begin(), in.end(), [name](const Asked& one) { return one.name == name; });
  }

  // A provider's options before those of all others.
  void use(std::vector<Asked> changed) {
    std::stable_partition(changed.begin(), changed.end(),
                          [](const Asked& one) { return one.name != transport; });
    auto rules = changed.empty() ? nullptr : std::make_shared<instrument::RuleSet>();
    for (const Asked& one : changed) {
      const std::vector<std::string> providers(one.name == transport ? 0 : 1, one.name);
      rules->add(instrument::CallRules{one.options, providers});
    }
    instrument::set_rules(std::move(rules));
    asked_ = std::move(changed);
  }

  std::mutex mutex_;
  std::vector<Asked> asked_;
};

Requests& requests() noexcept {
  // never destroyed: static destructors may make calls
  alignas(Requests) static unsigned char memory[sizeof(Requests)];
  static auto* const the_requests = new (memory) Requests;
  return *the_requests;
}

// "curl" for the transport, the conventions' name for a provider, empty for what nobody knows.
std::string_view usual_name(std::string_view name) noexcept {
  if (name == transport || name == "libcurl" || name == "all") return transport;
  return instrument::known_provider(name);
}

InstrumentResult result_of(std::string_view name, InstrumentOutcome outcome, std::string_view reason) {
  InstrumentResult result;
  result.name = name;
  result.outcome = outcome;
  result.reason = reason;
  return result;
}

InstrumentResult unsupported(std::string_view name) {
  return result_of(
      name, InstrumentOutcome::unsupported,
      "is neither \"curl\" nor a provider that supported_libraries() names; of other clients wrap the "
      "calls, with Traced<Client>, traced_llm() or an adapter");
}

InstrumentResult result_of(const LibraryReport& library, InstrumentOutcome outcome) {
  InstrumentResult result = result_of(library.path, outcome, {});
  result.slots = library.patched;
  if (library.refused == 0) return result;
  if (library.patched == 0) result.outcome = InstrumentOutcome::failed;
  result.reason = std::to_string(library.refused) + " slots could not be written: the system forbids it";
  return result;
}

std::vector<InstrumentResult> install(std::string_view name, const InstrumentOptions& options) {
  const std::string_view usual = usual_name(name);
  if (usual.empty()) return {unsupported(name)};
  if (!instrument::can_patch_here() && !instrument::has_static_curl())
    return {result_of(name, InstrumentOutcome::unsupported,
                      "this system's programs cannot be patched; link with llmtrace_instrument(target)")};
  const bool was_there = requests().put(usual, options);
  const auto outcome = was_there ? InstrumentOutcome::replaced : InstrumentOutcome::instrumented;
  std::vector<InstrumentResult> results;
  if (instrument::has_static_curl())
    results.push_back(result_of("libcurl, linked with llmtrace_instrument()", outcome, {}));
  for (const LibraryReport& library : instrument::engine().install())
    results.push_back(result_of(library, outcome));
  if (results.empty())
    results.push_back(result_of(name, InstrumentOutcome::not_found,
                                "no libcurl is loaded yet; one that comes later will be instrumented"));
  return results;
}

std::vector<InstrumentResult> remove(std::string_view name) {
  const std::string_view usual = usual_name(name);
  if (usual.empty()) return {unsupported(name)};
  if (!requests().has(usual))
    return {result_of(name, InstrumentOutcome::not_found, "was not instrumented by this name")};
  if (!requests().remove(usual))
    return {result_of(name, InstrumentOutcome::replaced, "the rest stays instrumented")};
  std::vector<InstrumentResult> results;
  for (const LibraryReport& library : instrument::engine().remove()) {
    results.push_back(result_of(library, InstrumentOutcome::replaced));
    if (library.patched != 0)
      results.back().reason = "transfers of multi handles still run; the last one's end gives the slots back";
  }
  if (results.empty()) results.push_back(result_of(name, InstrumentOutcome::replaced, {}));
  return results;
}

DiscoveredLibrary discovered(const LibraryReport& report) {
  DiscoveredLibrary library;
  library.name = "libcurl";
  library.path = report.path;
  library.version = report.version;
  library.slots = report.slots;
  library.patched = report.patched;
  library.covered = report.slots == report.patched && report.slots != 0;
  if (report.slots == 0)
    library.note =
        "nothing calls it through slots: functions that dlsym() gave out (ctypes, FFI) are not covered";
  else if (report.patched < report.slots)
    library.note = "not instrumented; call enable_auto_tracing()";
  return library;
}

std::vector<DiscoveredLibrary> discover_all() {
  std::vector<DiscoveredLibrary> found;
  for (const LibraryReport& library : instrument::engine().look()) found.push_back(discovered(library));
  if (instrument::has_static_curl()) {
    found.push_back(
        {"libcurl", {}, instrument::static_curl_version(), 0, 0, true, "linked with llmtrace_instrument()"});
  }
  for (DiscoveredLibrary& other : instrument::find_other_clients())
    if (!(other.name == "static libcurl" && instrument::has_static_curl())) found.push_back(std::move(other));
  return found;
}

// Nothing that fails in here may reach the host.
template <class Make>
auto guarded(Make&& make) noexcept -> decltype(make()) {
  try {
    return make();
  } catch (...) {
    return {};
  }
}

}  // namespace

std::vector<InstrumentResult> auto_instrument(Text name, const InstrumentOptions& options) noexcept {
  return guarded([&] { return install(name, options); });
}

std::vector<InstrumentResult> uninstrument(Text name) noexcept {
  return guarded([&] { return remove(name); });
}

bool is_instrumented(Text name) noexcept {
  return guarded([&] {
    const std::string_view usual = usual_name(name);
    return !usual.empty() && (requests().has(usual) || requests().has(transport));
  });
}

bool refresh() noexcept { return instrument::engine().refresh(); }

std::vector<DiscoveredLibrary> discover() noexcept {
  return guarded([] { return discover_all(); });
}

std::vector<std::string> supported_libraries() noexcept {
  return guarded([] {
    std::vector<std::string> names{std::string{transport}};
    const auto& providers = instrument::known_providers();
    names.insert(names.end(), providers.begin(), providers.end());
    return names;
  });
}

std::vector<InstrumentResult> enable_auto_tracing(const std::vector<std::string>& names,
                                                  const InstrumentOptions& options) noexcept {
  return guarded([&] {
    if (names.empty()) return install(transport, options);
    std::vector<InstrumentResult> results;
    for (const std::string& name : names)
      for (InstrumentResult& result : auto_instrument(name, options)) results.push_back(std::move(result));
    return results;
  });
}

LLMTRACE_END_NAMESPACE

namespace llmtrace::runtime {

void instrument_at_start(const std::vector<std::string>& names) noexcept {
  static_cast<void>(enable_auto_tracing(names));
}

}  // namespace llmtrace::runtime
