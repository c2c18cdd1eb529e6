#include "plugin.hpp"

#include <llmtrace/llmtrace.hpp>

#include <cstring>
#include <memory>

namespace {
std::unique_ptr<llmtrace::TracerGuard> guard;
}

extern "C" __attribute__((visibility("default"))) bool plugin_start() {
  guard = std::make_unique<llmtrace::TracerGuard>(llmtrace::Tracer::init());
  return static_cast<bool>(*guard);
}

extern "C" __attribute__((visibility("default"))) void plugin_stop() { guard.reset(); }

extern "C" __attribute__((visibility("default"))) void plugin_span(const char* name, PluginIds* ids,
                                                                   void (*inside)(void*), void* argument) {
  llmtrace::Span span{name, llmtrace::SpanKind::tool};
  std::strcpy(ids->trace, span.trace_id().c_str());
  std::strcpy(ids->span, span.span_id().c_str());
  if (inside != nullptr) inside(argument);
}
