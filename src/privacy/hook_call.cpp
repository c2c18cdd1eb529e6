#include "privacy/hook_call.hpp"

#include "privacy/match.hpp"

#include <new>

namespace llmtrace::privacy {
namespace {

std::optional<std::string> hidden() noexcept {
  static_assert(!replacement(Finding::failed).empty());
  try {
    return std::string{replacement(Finding::failed)};
  } catch (const std::bad_alloc&) {
    return std::string{};  // says less, and hides as much
  }
}

}  // namespace

HookCall::Step::Step(HookCall& call, std::string_view name) noexcept
    : call_{call}, before_{call.path_.size()} {
  if (!call.is_set()) return;
  try {
    if (!call.path_.empty()) call.path_.push_back('.');
    call.path_.append(name);
  } catch (const std::bad_alloc&) {
    call.lost_path_ = true;
  }
}

std::optional<std::string> HookCall::replacement_for(std::string_view value) noexcept {
  if (!is_set()) return std::nullopt;
  if (lost_path_) return hidden();
  try {
    const std::lock_guard lock{rules_.hook_mutex};
    return rules_.hook(path_, value);
  } catch (...) {
    return hidden();
  }
}

}  // namespace llmtrace::privacy
