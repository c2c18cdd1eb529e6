#include "figures.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace llmtrace::bench {

void Figures::add(std::string_view prefix, const Figures& part) {
  for (const auto& [name, value] : part) set(std::string{prefix} + '.' + name, value);
}

std::optional<double> Figures::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() ? found->second : std::nullopt;
}

double Figures::at(std::string_view name) const {
  const std::optional<double> value = find(name);
  if (!value) throw std::out_of_range("no figure " + std::string{name});
  return *value;
}

void print(const Figures& figures) {
  for (const auto& [name, value] : figures)
    if (value) std::printf("%s %.17g\n", name.c_str(), *value);
  std::fflush(stdout);
}

Figures parse_figures(std::string_view lines) {
  Figures figures;
  std::istringstream in{std::string{lines}};
  std::string name;
  double value = 0;
  while (in >> name >> value) figures.set(name, value);
  return figures;
}

double median(std::vector<double> samples) {
  if (samples.empty()) throw std::invalid_argument("a median of nothing");
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

}  // namespace llmtrace::bench
