// A case on as many threads as it asks for.
#pragma once

#include "producer_case.hpp"
#include "thread_team.hpp"

#include <memory>

namespace llmtrace::bench {

class CaseRunner {
 public:
  explicit CaseRunner(const ProducerCase& what) : what_{what} {
    if (what.threads > 1) team_ = std::make_unique<ThreadTeam>(what.threads);
  }

  [[nodiscard]] const ProducerCase& what() const noexcept { return what_; }

  void warm_up() {
    if (!team_) return bench::warm_up(what_, what_.burst);
    team_->run([this](unsigned) { bench::warm_up(what_, share()); });
  }

  // One burst, the sum of all threads.
  [[nodiscard]] BurstCost run() {
    if (!team_) return run_burst(what_, what_.burst);
    std::vector<BurstCost> costs(what_.threads);
    team_->run([&](unsigned member) { costs[member] = run_burst(what_, share()); });
    return sum(costs);
  }

 private:
  [[nodiscard]] std::size_t share() const noexcept { return what_.burst / what_.threads; }

  static BurstCost sum(const std::vector<BurstCost>& costs) {
    BurstCost all = costs.front();
    for (std::size_t i = 1; i < costs.size(); ++i) {
      all.cpu_ns += costs[i].cpu_ns;
      all.allocations += costs[i].allocations;
      if (all.instructions && costs[i].instructions) *all.instructions += *costs[i].instructions;
    }
    return all;
  }

  const ProducerCase& what_;
  std::unique_ptr<ThreadTeam> team_;
};

}  // namespace llmtrace::bench
