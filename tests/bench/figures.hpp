// Measured numbers by name: "producer.attr8.cpu_ns". What lies between the dots becomes an object of the JSON
// file. A figure without a value could not be measured on this machine.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrace::bench {

class Figures {
 public:
  using Map = std::map<std::string, std::optional<double>, std::less<>>;

  void set(std::string_view name, std::optional<double> value) {
    values_.insert_or_assign(std::string{name}, value);
  }
  // Every figure of `part`, below a prefix.
  void add(std::string_view prefix, const Figures& part);

  [[nodiscard]] std::optional<double> find(std::string_view name) const;
  // Throws std::out_of_range.
  [[nodiscard]] double at(std::string_view name) const;
  [[nodiscard]] Map::const_iterator begin() const noexcept { return values_.begin(); }
  [[nodiscard]] Map::const_iterator end() const noexcept { return values_.end(); }

 private:
  Map values_;
};

// How a child process hands its figures to its parent: a line "name value" each.
void print(const Figures& figures);
[[nodiscard]] Figures parse_figures(std::string_view lines);

[[nodiscard]] double median(std::vector<double> samples);

}  // namespace llmtrace::bench
