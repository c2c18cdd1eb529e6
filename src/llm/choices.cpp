#include "llm/choices.hpp"

#include "llm/gap.hpp"
#include "llm/text_repair.hpp"

#include <algorithm>
#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::size_t most_choices = 64;
constexpr std::size_t texts_in_budget = 4;  // all texts of all choices together, in full ones

void fill(Choice::Call& call, StagedCall& staged) {
  if (call.call.id.empty()) call.call.id = std::move(staged.id);
  if (call.call.name.empty()) call.call.name = std::move(staged.name);
}

}  // namespace

bool append_bounded(std::string& to, std::string_view text, std::size_t limit) {
  const std::size_t room = limit - std::min(limit, to.size());
  if (text.size() <= room) {
    to.append(text);
    return true;
  }
  to.append(text.substr(0, whole_utf8(text.substr(0, room))));
  return false;
}

bool has_call(const Choice& choice, const std::optional<std::uint64_t>& index) {
  for (const Choice::Call& call : choice.calls) {
    if (call.index == index) return true;
  }
  return false;
}

Choices::Choices(const ReaderLimits& limits) noexcept
    : text_limit_{limits.text}, budget_{limits.text * texts_in_budget}, call_limit_{limits.tool_calls} {}

bool Choices::append(std::string& to, std::string_view text) {
  if (has_gap_ && to.ends_with(gap_mark)) text = behind_gap(text);
  const std::size_t before = to.size();
  const bool whole = append_bounded(to, text, std::min(text_limit_, before + budget_));
  budget_ -= to.size() - before;
  return whole;
}

Choice& Choices::at(std::uint64_t index) {
  for (Choice& choice : all_) {
    if (choice.index == index) return choice;
  }
  if (all_.size() == most_choices) return all_.back();
  all_.emplace_back();
  all_.back().index = index;
  return all_.back();
}

bool Choices::add_text(Choice& choice, std::string_view text) { return append(choice.text, text); }

bool Choices::add_reasoning(Choice& choice, std::string_view text, std::uint8_t source) {
  if (text.empty()) return true;
  if (choice.reasoning_source == 0) choice.reasoning_source = source;
  if (choice.reasoning_source != source) return true;
  return append(choice.reasoning, text);
}

bool Choices::add_refusal(Choice& choice, std::string_view text) { return append(choice.refusal, text); }

// Deltas name their call by its index. Where a server leaves the index out, or says 0 for every call, a new
// id is a new call.
Choice::Call* Choices::matching(Choice& choice, const StagedCall& staged) {
  auto& calls = choice.calls;
  const auto other_id = [&](const Choice::Call& call) {
    return !staged.id.empty() && !call.call.id.empty() && call.call.id != staged.id;
  };
  const auto last = std::find_if(calls.rbegin(), calls.rend(), [&](const Choice::Call& call) {
    return staged.index ? call.index == staged.index : staged.id.empty() || call.call.id == staged.id;
  });
  return last == calls.rend() || other_id(*last) ? nullptr : &*last;
}

bool Choices::add_call(Choice& choice, StagedCall&& staged) {
  Choice::Call* call = matching(choice, staged);
  const bool whole_without_id = !staged.index && staged.id.empty() && !staged.name.empty();
  if (call == nullptr || whole_without_id) return add_new_call(choice, std::move(staged));
  fill(*call, staged);
  return add_arguments(*call, staged);
}

bool Choices::add_new_call(Choice& choice, StagedCall&& staged) {
  if (calls_ == call_limit_) return false;
  ++calls_;
  Choice::Call& call = choice.calls.emplace_back();
  call.index = staged.index;
  fill(call, staged);
  return add_arguments(call, staged);
}

bool Choices::add_arguments(Choice::Call& call, const StagedCall& staged) {
  if (staged.arguments.empty()) return true;
  if (staged.replaces || call.placeholder) {
    budget_ += call.call.arguments.size();
    call.call.arguments.clear();
  }
  call.placeholder = staged.replaces;
  return append(call.call.arguments, staged.arguments);
}

void Choices::mark_gap() {
  has_gap_ = true;
  const auto mark = [this](std::string& text) {
    if (!text.empty() && !text.ends_with(gap_mark)) append(text, gap_mark);
  };
  for (Choice& choice : all_) {
    mark(choice.text);
    mark(choice.reasoning);
    mark(choice.refusal);
    if (!choice.calls.empty()) mark(choice.calls.back().call.arguments);
  }
}

void Choices::clear() noexcept {
  all_.clear();
  has_gap_ = false;
  calls_ = 0;
  budget_ = text_limit_ * texts_in_budget;
}

bool Choices::has_content() const noexcept {
  return std::any_of(all_.begin(), all_.end(), [](const Choice& choice) { return !choice.empty(); });
}

void Choices::move_to(Facts& facts) {
  std::stable_sort(all_.begin(), all_.end(),
                   [](const Choice& a, const Choice& b) { return a.index < b.index; });
  for (Choice& choice : all_) {
    append_bounded(facts.output_text, choice.text, text_limit_);
    append_bounded(facts.reasoning, choice.reasoning, text_limit_);
    append_bounded(facts.refusal, choice.refusal, text_limit_);
    if (!choice.finish_reason.empty()) facts.finish_reasons.push_back(std::move(choice.finish_reason));
    for (Choice::Call& call : choice.calls) {
      const bool empty = call.call.id.empty() && call.call.name.empty() && call.call.arguments.empty();
      if (!empty) facts.tool_calls.push_back(std::move(call.call));
    }
  }
  all_.clear();
}

}  // namespace llmtrace::llm
