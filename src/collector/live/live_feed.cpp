#include "collector/live/live_feed.hpp"

#include <algorithm>

namespace llmtrace::collector::live {

void LiveFeed::publish(const Change& change) {
  const std::lock_guard lock{mutex_};
  changes_.push_back(change);
  remembered_traces_ += change.traces.size();
  newest_ = std::max(newest_, change.sequence);
  forget();
  for (const Wake& wake : readers_) wake();
}

void LiveFeed::forget() {
  while (changes_.size() > most_changes || remembered_traces_ > most_traces) {
    forgotten_ = changes_.front().sequence;
    remembered_traces_ -= changes_.front().traces.size();
    changes_.pop_front();
  }
}

LiveFeed::Reader LiveFeed::add(Wake wake) {
  const std::lock_guard lock{mutex_};
  return readers_.insert(readers_.end(), std::move(wake));
}

void LiveFeed::remove(Reader reader) {
  const std::lock_guard lock{mutex_};
  readers_.erase(reader);
}

std::size_t LiveFeed::readers() const {
  const std::lock_guard lock{mutex_};
  return readers_.size();
}

std::uint64_t LiveFeed::newest() const {
  const std::lock_guard lock{mutex_};
  return newest_;
}

News LiveFeed::since(std::uint64_t sequence, const std::string& project) const {
  const std::lock_guard lock{mutex_};
  News news;
  news.sequence = newest_;
  if (sequence < forgotten_ || sequence > newest_) {
    news.complete = false;
    return news;
  }
  const auto first = std::partition_point(changes_.begin(), changes_.end(),
                                          [&](const Change& change) { return change.sequence <= sequence; });
  for (auto change = first; change != changes_.end(); ++change) {
    if (change->project != project) continue;
    if (!news.traces.empty() && news.traces.size() + change->traces.size() > most_news) {
      news.more = true;
      news.sequence = change->sequence - 1;
      break;
    }
    news.traces.insert(news.traces.end(), change->traces.begin(), change->traces.end());
  }
  std::sort(news.traces.begin(), news.traces.end());
  news.traces.erase(std::unique(news.traces.begin(), news.traces.end()), news.traces.end());
  return news;
}

}  // namespace llmtrace::collector::live
