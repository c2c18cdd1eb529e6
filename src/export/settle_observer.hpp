// Somebody who wants to know at once what an exporter has got acknowledged: the run book, which must be right
// when the process is killed a moment later.
#pragma once

#include <cstdint>
#include <string_view>

namespace llmtrace::exporting {

// Called from lane threads, under the lock of the exporter's books: it must do next to nothing.
using SettleObserver = void (*)(std::string_view exporter, std::uint64_t acknowledged) noexcept;

// For the whole process; before tracers are started.
void set_settle_observer(SettleObserver observer) noexcept;
void tell_settled(std::string_view exporter, std::uint64_t acknowledged) noexcept;

}  // namespace llmtrace::exporting
