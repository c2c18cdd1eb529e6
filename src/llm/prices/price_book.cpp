#include "llm/prices/price_book.hpp"

#include "llm/prices/built_in_prices.hpp"
#include "llm/prices/price_table.hpp"

#include <algorithm>
#include <cstdio>
#include <sys/stat.h>
#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::size_t largest_file = 64 * 1024 * 1024;

struct FileClose {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// Changes with the file, whoever wrote it and however.
struct FileState {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  std::int64_t size = -1;
  std::uint64_t inode = 0;
  friend bool operator==(const FileState&, const FileState&) = default;
};

FileState state_of(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size, found.st_ino};
}

std::optional<std::string> read_text(const std::string& path) {
  const std::unique_ptr<std::FILE, FileClose> file{std::fopen(path.c_str(), "rbe")};
  if (!file) return std::nullopt;
  std::string text;
  char part[16 * 1024];
  while (const std::size_t count = std::fread(part, 1, sizeof part, file.get())) {
    text.append(part, count);
    if (text.size() > largest_file) return std::nullopt;
  }
  if (std::ferror(file.get()) != 0) return std::nullopt;
  return text;
}

PriceTable built_in_table() {
  PriceTable table;
  std::string problem;
  for (const std::string_view json : built_in_prices()) {
    if (auto part = parse_prices(json, problem)) table.merge(std::move(*part));
  }
  return table;
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::uint64_t minus(std::uint64_t from, std::uint64_t what) noexcept { return from - std::min(from, what); }

// One exchange's cost, part by part.
class Bill {
 public:
  Bill(const PriceList& prices, std::uint64_t input_tokens, std::int64_t thousandths) noexcept
      : prices_{prices}, input_tokens_{input_tokens}, thousandths_{thousandths} {}

  void add(std::string_view name, std::uint64_t count, const MaybePrice& price) {
    if (count == 0) return;
    if (!price) return leave_out(name);
    const auto each = multiply(price->at(input_tokens_), static_cast<std::uint64_t>(thousandths_));
    const auto sum = each ? multiply(*each, count) : std::nullopt;
    const auto total = sum ? llm::add(cost_.total, {sum->femtodollars / 1000}) : std::nullopt;
    if (!total) return leave_out(name);
    cost_.total = *total;
    cost_.parts.push_back({name, {sum->femtodollars / 1000}});
  }

  // Of another call that is paid with this one.
  void add(std::string_view name, const Money& amount) {
    const auto total = llm::add(cost_.total, amount);
    if (!total) return leave_out(name);
    cost_.total = *total;
    cost_.parts.push_back({name, amount});
  }

  [[nodiscard]] const PriceList& prices() const noexcept { return prices_; }
  void note(std::string_view text) {
    if (!cost_.note.empty()) cost_.note += "; ";
    cost_.note += text;
  }
  [[nodiscard]] Cost take() { return std::move(cost_); }

 private:
  // What has no price leaves the rest as it is, and is said.
  void leave_out(std::string_view name) { note("no price for " + std::string{name}); }

  const PriceList& prices_;
  std::uint64_t input_tokens_;
  std::int64_t thousandths_;
  Cost cost_;
};

const MaybePrice& first_of(const MaybePrice& price, const MaybePrice& otherwise) noexcept {
  return price ? price : otherwise;
}

MaybePrice times(const MaybePrice& price, std::int64_t thousandths) {
  if (!price) return std::nullopt;
  const auto scaled = [&](Money each) {
    const auto product = multiply(each, static_cast<std::uint64_t>(thousandths));
    return Money{product ? product->femtodollars / 1000 : each.femtodollars};
  };
  Price result{scaled(price->each), {}};
  for (const Price::Tier& tier : price->tiers) result.tiers.push_back({tier.above, scaled(tier.each)});
  return result;
}

// The total holds its parts, so they are taken off it once; a part without a price of its own costs what the
// total costs.
void add_input(Bill& bill, const Usage& usage, const ProviderPrices& provider, std::uint64_t input) {
  const PriceList& prices = bill.prices();
  // billed units know nothing of the cache (Cohere)
  const bool billed_apart = usage.input_processed.has_value() && usage.input.has_value();
  const std::uint64_t cached = billed_apart ? 0 : std::min(usage.input_cached.value_or(0), input);
  const std::uint64_t written = std::min(usage.input_cache_write.value_or(0), minus(input, cached));
  const std::uint64_t hour = std::min(usage.input_cache_write_1h.value_or(0), written);
  const std::uint64_t audio =
      prices.input_audio ? std::min(usage.input_audio.value_or(0), minus(input, cached + written)) : 0;
  const std::uint64_t cached_audio =
      prices.cache_audio_read ? std::min(usage.input_cached_audio.value_or(0), cached) : 0;
  const std::uint64_t plain_audio = minus(audio, usage.input_cached_audio.value_or(0));
  const std::uint64_t image = prices.input_image ? std::min(usage.input_image.value_or(0),
                                                            minus(input, cached + written + plain_audio))
                                                 : 0;
  const MaybePrice hour_price = prices.cache_write_1h || !provider.cache_write_1h_thousandths
                                    ? first_of(prices.cache_write_1h, prices.cache_write)
                                    : times(prices.input, *provider.cache_write_1h_thousandths);
  bill.add("input", minus(input, cached + written + plain_audio + image), prices.input);
  bill.add("input_cached", minus(cached, cached_audio), first_of(prices.cache_read, prices.input));
  bill.add("input_cached_audio", cached_audio, prices.cache_audio_read);
  bill.add("input_cache_write", minus(written, hour), first_of(prices.cache_write, prices.input));
  bill.add("input_cache_write_1h", hour, first_of(hour_price, prices.input));
  bill.add("input_audio", plain_audio, prices.input_audio);
  bill.add("input_image", image, prices.input_image);
}

void add_output(Bill& bill, const Usage& usage, std::uint64_t output) {
  const PriceList& prices = bill.prices();
  const std::uint64_t reasoning =
      prices.output_reasoning ? std::min(usage.output_reasoning.value_or(0), output) : 0;
  const std::uint64_t audio =
      prices.output_audio ? std::min(usage.output_audio.value_or(0), minus(output, reasoning)) : 0;
  const std::uint64_t image =
      prices.output_image ? std::min(usage.output_image.value_or(0), minus(output, reasoning + audio)) : 0;
  bill.add("output", minus(output, reasoning + audio + image), prices.output);
  bill.add("output_reasoning", reasoning, prices.output_reasoning);
  bill.add("output_audio", audio, prices.output_audio);
  bill.add("output_image", image, prices.output_image);
}

void add_compaction(Bill& bill, const Usage& usage, const ProviderPrices& provider,
                    std::int64_t thousandths) {
  if (!usage.compaction_input && !usage.compaction_output) return;
  Usage other;
  other.input_cached = usage.compaction_input_cached;
  other.input_cache_write = usage.compaction_input_cache_write;
  const std::uint64_t input = usage.compaction_input.value_or(0);
  Bill apart{bill.prices(), input, thousandths};
  add_input(apart, other, provider, input);
  add_output(apart, other, usage.compaction_output.value_or(0));
  bill.add("compaction", apart.take().total);
}

struct Found {
  const ProviderPrices* provider = nullptr;
  const ModelPrices* model = nullptr;
};

Found find_model(const PriceTable& table, const ProviderPrices& provider, std::string_view model) {
  if (model.empty()) return {};
  if (const ModelPrices* found = provider.find(model)) return {&provider, found};
  for (const std::string& id : provider.fallbacks) {
    const ProviderPrices* const other = table.find_by_id(id);
    if (other == nullptr) continue;
    if (const ModelPrices* found = other->find(model)) return {other, found};
  }
  return {&provider, nullptr};
}

bool is_standard(std::string_view tier) noexcept {
  for (const std::string_view name : {"", "default", "standard", "auto", "on_demand", "scale", "STANDARD"}) {
    if (tier == name) return true;
  }
  return false;
}

const ServiceTier* find_tier(const std::vector<ServiceTier>& tiers, std::string_view name) {
  const auto found =
      std::find_if(tiers.begin(), tiers.end(), [&](const ServiceTier& tier) { return tier.name == name; });
  return found != tiers.end() ? &*found : nullptr;
}

constexpr std::int64_t unscaled = 1000;

// Nothing when the tier has no known price.
std::optional<std::int64_t> scale_of(const Found& found, std::string_view tier) {
  if (const ServiceTier* known = find_tier(found.model->service_tiers, tier)) return known->thousandths;
  if (const ServiceTier* known = find_tier(found.provider->service_tiers, tier)) return known->thousandths;
  if (is_standard(tier)) return unscaled;
  return std::nullopt;
}

}  // namespace

struct PriceBook::Tables {
  PriceTable prices;
  bool from_file = false;
  FileState file;
};

std::string Cost::source_text() const {
  switch (source) {
    case CostSource::caller: return "caller";
    case CostSource::provider: return "provider";
    case CostSource::table: break;
  }
  return table.empty() ? "table" : "table " + table;
}

PriceBook::PriceBook() : tables_{std::make_unique<Tables>()} { tables_->prices = built_in_table(); }
PriceBook::~PriceBook() = default;
PriceBook::PriceBook(PriceBook&&) noexcept = default;
PriceBook& PriceBook::operator=(PriceBook&&) noexcept = default;

void PriceBook::set_file(std::string path) {
  path_ = std::move(path);
  tables_->file = state_of(path_);
  read_file();
}

bool PriceBook::refresh() {
  if (path_.empty()) return false;
  const FileState now = state_of(path_);
  if (now == tables_->file) return false;
  tables_->file = now;
  read_file();
  return true;
}

void PriceBook::read_file() {
  const auto text = read_text(path_);
  if (!text) {
    problem_ = "the file of prices cannot be read: " + path_;
    return;
  }
  std::string wrong;
  auto table = parse_prices(*text, wrong);
  if (!table) {
    problem_ = "the file of prices is no table: " + path_ + ": " + wrong;
    return;
  }
  problem_.clear();
  tables_->prices = built_in_table();
  tables_->prices.merge(std::move(*table));
  tables_->from_file = true;
}

CostResult PriceBook::cost_of(const Facts& facts, std::int64_t time) const {
  if (facts.reported_cost) {
    Cost cost;
    cost.total = *facts.reported_cost;
    cost.source = CostSource::provider;
    return {CostOutcome::known, std::move(cost)};
  }
  if (facts.provider_source == ProviderSource::shape_elsewhere)
    return {CostOutcome::unknown_provider, std::nullopt};
  const std::string provider = facts.priced_provider();
  return cost_of({provider, facts.model(), facts.request_model, facts.service_tier, &facts.usage}, time);
}

CostResult PriceBook::cost_of(const PricedUsage& used, std::int64_t time) const {
  const Usage& usage = *used.usage;
  const bool counted = usage.input || usage.output;
  if (!counted) return {CostOutcome::no_usage, std::nullopt};
  const PriceTable& table = tables_->prices;
  const ProviderPrices* const provider =
      used.provider.empty() ? table.find_by_model(used.model) : table.find_provider(used.provider);
  if (provider == nullptr) return {CostOutcome::unknown_provider, std::nullopt};
  Found found = find_model(table, *provider, used.model);
  if (found.model == nullptr) found = find_model(table, *provider, used.other_model);
  const PriceList* const prices = found.model != nullptr ? found.model->at(time) : nullptr;
  if (prices == nullptr) return {CostOutcome::unknown_model, std::nullopt};

  const std::uint64_t input = usage.input.value_or(0);
  const auto scale = scale_of(found, used.service_tier);
  Bill bill{*prices, input, scale.value_or(unscaled)};
  if (!scale) bill.note("no price for the service tier " + std::string{used.service_tier});
  add_input(bill, usage, *found.provider, input);
  add_output(bill, usage, usage.output.value_or(0));
  add_compaction(bill, usage, *found.provider, scale.value_or(unscaled));
  if (prices->request) bill.add("request", 1, prices->request);
  Cost cost = bill.take();
  cost.table = built_in_prices_date();
  if (tables_->from_file) cost.table += " and " + std::string{file_name(path_)};
  return {CostOutcome::known, std::move(cost)};
}

}  // namespace llmtrace::llm
