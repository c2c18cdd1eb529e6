// Writes numbered spans into a store and says on stdout which of them have been acknowledged, until it is
// killed.
#include "support/store_items.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

int main(int count, char** arguments) {
  using namespace llmtrace::testing_store;
  if (count != 3) return 2;
  auto opened = open_sqlite_store(in_file(arguments[1]));
  auto* store = std::get_if<std::unique_ptr<Store>>(&opened);
  if (store == nullptr) {
    std::fprintf(stderr, "%s\n", std::get<OpenError>(opened).message.c_str());
    return 1;
  }
  for (std::uint64_t number = std::strtoull(arguments[2], nullptr, 10);;) {
    std::vector<std::future<Applied>> waiting;
    const std::uint64_t first = number;
    for (int batch = 0; batch < 4; ++batch) {
      Items items;
      for (int i = 0; i < 5; ++i, ++number) {
        auto& span = items.span(number / 10 + 1, number);
        span.start_time = new_year;
        span.end_time = new_year + second;
        span.model = "gpt-4o";
        span.tokens_input = 1;
        span.input_data = items.keep("\"" + std::string(3000, 'x') + std::to_string(number) + "\"");
      }
      waiting.push_back((*store)->apply(items.batch()));
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].get().outcome != WriteOutcome::committed) return 1;
      const std::uint64_t from = first + 5 * i;
      std::printf("%" PRIu64 " %" PRIu64 "\n", from, from + 4);
      std::fflush(stdout);
    }
  }
}
