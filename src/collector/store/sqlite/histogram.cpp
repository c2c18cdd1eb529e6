#include "collector/store/sqlite/histogram.hpp"

#include "collector/store/sqlite/varint.hpp"

#include <algorithm>
#include <cmath>

namespace llmtrace::collector::sqlite {
namespace {

// The middle of a bucket is within 2 % of its ends.
constexpr double growth = 1.04;

std::uint32_t bucket_of(std::int64_t nanoseconds) {
  static const double scale = 1 / std::log(growth);
  if (nanoseconds < 1) return 0;
  return 1 + static_cast<std::uint32_t>(std::log(static_cast<double>(nanoseconds)) * scale);
}

std::int64_t middle_of(std::uint32_t bucket) {
  if (bucket == 0) return 0;
  return std::llround(std::pow(growth, static_cast<double>(bucket) - 0.5));
}

}  // namespace

void Histogram::add(std::int64_t nanoseconds, std::int64_t times) {
  add_to_bucket(bucket_of(nanoseconds), times);
}

void Histogram::add(const Histogram& other) {
  for (const auto& [bucket, count] : other.counts_) add_to_bucket(bucket, count);
}

void Histogram::add_encoded(std::string_view blob) {
  std::uint32_t bucket = 0;
  while (!blob.empty()) {
    const auto distance = take_varint(blob);
    const auto count = take_varint(blob);
    if (!distance || !count) break;
    bucket += static_cast<std::uint32_t>(*distance);
    add_to_bucket(bucket, static_cast<std::int64_t>(*count));
  }
}

std::string Histogram::encode() const {
  std::string blob;
  std::uint32_t before = 0;
  for (const auto& [bucket, count] : counts_) {
    append_varint(blob, bucket - before);
    append_varint(blob, static_cast<std::uint64_t>(count));
    before = bucket;
  }
  return blob;
}

std::optional<std::int64_t> Histogram::percentile(double share) const {
  std::int64_t total = 0;
  for (const auto& [bucket, count] : counts_) total += count;
  if (total <= 0) return std::nullopt;
  const auto rank = std::max<std::int64_t>(1, std::llround(std::ceil(share * static_cast<double>(total))));
  std::int64_t seen = 0;
  for (const auto& [bucket, count] : counts_) {
    seen += count;
    if (seen >= rank) return middle_of(bucket);
  }
  return middle_of(counts_.back().number);
}

void Histogram::add_to_bucket(std::uint32_t bucket, std::int64_t times) {
  const auto at =
      std::lower_bound(counts_.begin(), counts_.end(), bucket,
                       [](const Bucket& one, std::uint32_t number) { return one.number < number; });
  if (at == counts_.end() || at->number != bucket) {
    if (times != 0) counts_.insert(at, {bucket, times});
    return;
  }
  at->count += times;
  if (at->count == 0) counts_.erase(at);
}

}  // namespace llmtrace::collector::sqlite
