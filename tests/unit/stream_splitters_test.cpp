#include "llm/base64.hpp"
#include "llm/event_stream.hpp"
#include "llm/inflate.hpp"
#include "llm/sse.hpp"
#include "support/event_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <string>
#include <vector>

namespace llmtrace::llm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_support::event_frame;

class Events final : public SseSink {
 public:
  void event_data(std::string_view piece, std::string_view) override { data += piece; }
  void event_end(std::string_view name) override {
    seen.push_back(std::string{name} + "|" + data);
    data.clear();
  }
  void stream_done() override { seen.emplace_back("done"); }

  std::vector<std::string> seen;
  std::string data;
};

std::vector<std::string> split(std::string_view text, std::size_t piece) {
  Events events;
  SseSplitter splitter{events};
  for (; text.size() > piece; text.remove_prefix(piece)) splitter.feed(text.substr(0, piece));
  splitter.feed(text);
  splitter.finish();
  return events.seen;
}

TEST(Sse, splits_events_in_pieces_of_any_size) {
  const std::string text =
      ": ping\n\ndata: {\"a\":1}\n\nevent: named\r\ndata:{\"b\":2}\r\n\r\ndata: first\rdata: second\r\rid: "
      "7\nretry: 5\n"
      "data\n\nunknown: x\ndatax: y\n\ndata: [DONE]\n\n";
  for (std::size_t piece = 1; piece < 30; ++piece) {
    EXPECT_THAT(split(text, piece),
                ElementsAre("|{\"a\":1}", "named|{\"b\":2}", "|first\nsecond", "|", "done"));
  }
}

TEST(Sse, tells_done_from_what_begins_like_it) {
  EXPECT_THAT(split("data: [DONE\n\ndata: [DONE]!\n\ndata: [1]\n\n", 1),
              ElementsAre("|[DONE", "|[DONE]!", "|[1]"));
}

TEST(Sse, gives_out_an_event_that_no_empty_line_ended) {
  EXPECT_THAT(split("data: last", 3), ElementsAre("|last"));
  EXPECT_THAT(split("data: last\ndata: [DONE]", 3), ElementsAre("|last\n[DONE]"));
}

TEST(Sse, goes_on_with_the_line_after_a_gap) {
  Events events;
  SseSplitter splitter{events};
  splitter.feed("data: one\n\ndata: two is cu");
  splitter.gap();
  splitter.feed("e rest of something\n\ndata: three\n\n");
  splitter.finish();
  EXPECT_THAT(events.seen, ElementsAre("|one", "|two is cu", "|three"));
}

class Frames final : public EventFrameSink {
 public:
  void frame(const EventFrame& frame) override {
    seen.push_back(std::string{frame.event_type} + "|" + std::string{frame.payload});
  }
  void damaged() override { ++damages; }

  std::vector<std::string> seen;
  int damages = 0;
};

TEST(EventStream, splits_frames_in_pieces_of_any_size) {
  const std::string text =
      event_frame("chunk", "{\"a\":1}") + event_frame("metadata", "") + event_frame("x", "y");
  for (std::size_t piece = 1; piece < 150; ++piece) {
    Frames frames;
    EventStreamSplitter splitter{frames, 1 << 20};
    for (std::size_t at = 0; at < text.size(); at += piece)
      splitter.feed(std::string_view{text}.substr(at, piece));
    EXPECT_THAT(frames.seen, ElementsAre("chunk|{\"a\":1}", "metadata|", "x|y"));
    EXPECT_EQ(frames.damages, 0);
    EXPECT_FALSE(splitter.incomplete());
  }
}

TEST(EventStream, drops_a_damaged_frame_and_finds_the_next) {
  std::string damaged = event_frame("a", "payload");
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);
  std::string lost = event_frame("b", "payload");
  lost[1] = 'x';
  Frames frames;
  EventStreamSplitter splitter{frames, 1 << 20};
  splitter.feed(damaged + lost + event_frame("c", "good"));
  EXPECT_THAT(frames.seen, ElementsAre("c|good"));
  EXPECT_EQ(frames.damages, 2);
}

TEST(EventStream, finds_the_next_frame_behind_a_gap) {
  const std::string text = event_frame("a", "one") + event_frame("b", "two") + event_frame("c", "three");
  Frames frames;
  EventStreamSplitter splitter{frames, 1 << 20};
  splitter.feed(text.substr(0, 30));
  splitter.gap();
  splitter.feed(text.substr(70));
  EXPECT_THAT(frames.seen, ::testing::Contains("c|three"));
  EXPECT_EQ(frames.damages, 0);
}

TEST(EventStream, keeps_no_frame_beyond_the_limit) {
  Frames frames;
  EventStreamSplitter splitter{frames, 100};
  splitter.feed(event_frame("big", std::string(1000, 'x')) + event_frame("small", "y"));
  EXPECT_THAT(frames.seen, ElementsAre("small|y"));
}

TEST(Base64, reads_both_alphabets_with_and_without_padding) {
  EXPECT_EQ(decode_base64("aGVsbG8="), "hello");
  EXPECT_EQ(decode_base64("aGVsbG8"), "hello");
  EXPECT_EQ(decode_base64("-_8="), "\xFB\xFF");
  EXPECT_EQ(decode_base64("+/8="), "\xFB\xFF");
  EXPECT_EQ(decode_base64("aGV\nsbG8\n"), "hello");
  EXPECT_EQ(decode_base64(""), "");
}

std::string deflated(std::string_view text, int window) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1024, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

TEST(Inflater, undoes_gzip_zlib_and_raw_deflate_in_pieces) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + ",";
  for (const int window : {31, 15, -15}) {
    const std::string packed = deflated(text, window);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, packed.size()}) {
      std::string out;
      Inflater inflater{1 << 24};
      for (std::size_t at = 0; at < packed.size(); at += piece) {
        const auto outcome = inflater.feed(std::string_view{packed}.substr(at, piece),
                                           [&](std::string_view bytes) { out += bytes; });
        ASSERT_EQ(outcome, Inflater::Outcome::fine);
      }
      EXPECT_EQ(out, text) << window << " " << piece;
    }
  }
}

TEST(Inflater, stops_at_its_limit) {
  const std::string packed = deflated(std::string(10'000'000, 'x'), 31);
  std::size_t made = 0;
  Inflater inflater{100'000};
  const auto outcome = inflater.feed(packed, [&](std::string_view bytes) { made += bytes.size(); });
  EXPECT_EQ(outcome, Inflater::Outcome::too_large);
  EXPECT_LE(made, 100'000U);
}

TEST(Inflater, says_what_is_damaged) {
  std::string packed = deflated("some text that is long enough to be packed", 31);
  packed[12] = static_cast<char>(packed[12] ^ 0x7F);
  packed[15] = static_cast<char>(packed[15] ^ 0x7F);
  Inflater inflater{100'000};
  EXPECT_EQ(inflater.feed(packed, [](std::string_view) {}), Inflater::Outcome::damaged);
}

}  // namespace
}  // namespace llmtrace::llm
