#include "runtime/core_state.hpp"

#include <llmtrace/version.hpp>

namespace llmtrace::runtime {

namespace {

constinit std::mutex the_mutex;

constinit Core the_core{detail::core_abi,
                        sizeof(Core),
                        LLMTRACE_VERSION_STRING,
                        nullptr,
                        nullptr,
                        {{&grow_record, &replace_field},
                         &attach_thread,
                         &attach_books,
                         &grow_scopes,
                         &end_foreign_scope,
                         &acquire_record,
                         &release_record,
                         &reserve_slowly,
                         &wake_worker,
                         &sample,
                         &ended_dead_span,
                         &trace_ended,
                         &count_end},
                        {&start_tracer, &flush_tracer, &close_tracer, &read_stats}};

}  // namespace

Core& own_core() noexcept { return the_core; }
std::mutex& core_mutex() noexcept { return the_mutex; }

}  // namespace llmtrace::runtime
