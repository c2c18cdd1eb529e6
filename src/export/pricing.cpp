#include "export/pricing.hpp"

#include <utility>

namespace llmtrace::exporting {
namespace {

constexpr std::size_t most_warnings = 256;  // of models whose price is not known
constexpr std::chrono::seconds between_looks{1};

std::string unknown_price(const llm::PricedUsage& used) {
  std::string text = "no price is known for the model \"" + std::string{used.model} + "\"";
  if (!used.provider.empty()) text += " of \"" + std::string{used.provider} + "\"";
  return text + ": its cost is left out";
}

}  // namespace

llm::PriceBook& Pricing::book(std::string& problem) {
  const auto now = std::chrono::steady_clock::now();
  if (!book_) {
    book_.emplace();
    if (!file_.empty()) book_->set_file(file_);
    problem = book_->problem();
    looked_at_ = now;
  } else if (!file_.empty() && now - looked_at_ >= between_looks) {
    looked_at_ = now;
    if (book_->refresh()) problem = book_->problem();
  }
  return *book_;
}

bool Pricing::is_news(std::string name) {
  return warned_of_.size() < most_warnings && warned_of_.insert(std::move(name)).second;
}

std::optional<llm::Cost> Pricing::cost_of(const llm::PricedUsage& used, std::int64_t time) {
  llm::CostResult result;
  std::string problem;
  bool is_unknown = false;
  {
    const std::lock_guard lock{mutex_};
    result = book(problem).cost_of(used, time);
    is_unknown = (result.outcome == llm::CostOutcome::unknown_model ||
                  result.outcome == llm::CostOutcome::unknown_provider) &&
                 is_news(std::string{used.provider} + '\n' + std::string{used.model});
  }
  if (!problem.empty()) warn("prices", problem);
  if (is_unknown) warn("unknown_price", unknown_price(used));
  return std::move(result.cost);
}

void Pricing::warn(std::string_view kind, const std::string& message) noexcept {
  try {
    if (warn_) warn_(kind, message);
  } catch (...) {  // a host's callback that throws
  }
}

}  // namespace llmtrace::exporting
