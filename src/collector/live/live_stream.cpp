#include "collector/live/live_stream.hpp"

#include "collector/json/document.hpp"

namespace llmtrace::collector::live {
namespace {

void append_event(std::string& out, std::string_view event, std::uint64_t id, std::string_view data) {
  out.append("event: ").append(event).append("\nid: ").append(std::to_string(id));
  out.append("\ndata: ").append(data).append("\n\n");
}

std::string data_of(std::uint64_t sequence, const std::vector<TraceId>* traces) {
  JsonDocument document;
  document->begin_object();
  document->literal_key("sequence");
  document->integer(sequence);
  if (traces != nullptr) {
    document->literal_key("traces");
    document->begin_array();
    for (const TraceId& id : *traces) document->plain_string(to_hex(id));
    document->end_array();
  }
  document->end_object();
  return document.text();
}

}  // namespace

LiveStream::LiveStream(LiveFeed& feed, std::string project, std::optional<std::uint64_t> last)
    : feed_{feed}, project_{std::move(project)}, last_{last} {}

LiveStream::~LiveStream() {
  if (reader_) feed_.remove(*reader_);
}

void LiveStream::on_start(std::function<void()>&& wake) { reader_ = feed_.add(std::move(wake)); }

void LiveStream::greet(std::string& out, std::string_view event) {
  last_ = feed_.newest();
  append_event(out, event, *last_, data_of(*last_, nullptr));
}

http::BodySource::Next LiveStream::next(std::string& out) {
  constexpr std::chrono::seconds longest_silence{9};
  if (!last_) {
    greet(out, "hello");
  } else if (const News news = feed_.since(*last_, project_); !news.complete) {
    greet(out, "reset");
  } else if (!news.traces.empty()) {
    last_ = news.sequence;
    append_event(out, "change", *last_, data_of(*last_, &news.traces));
  } else {
    last_ = news.sequence;  // what happened elsewhere
    if (Clock::now() - last_sent_ < longest_silence) return Next::idle;
    out += ": still here\n\n";
  }
  last_sent_ = Clock::now();
  return Next::rest;
}

}  // namespace llmtrace::collector::live
