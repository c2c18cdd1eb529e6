// Calls that go through libcurl while it is instrumented. Built twice: once the slots of the program are
// patched, once the linker has wrapped its calls.
#include "instrument_fixture.hpp"

#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace llmtrace::testing_support {
namespace {

TEST_F(Instrumented, records_a_call) {
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(received_, chat_reply);
  const SpanData span = only_span();
  EXPECT_EQ(span.kind, SpanKind::llm);
  EXPECT_EQ(span.model, "gpt-4o");
  EXPECT_EQ(span.provider, "openai");
  EXPECT_EQ(span.output_text, "Hello");
  EXPECT_EQ(span.tokens("input"), 8);
  EXPECT_EQ(span.tokens("output"), 2);
  EXPECT_EQ(span.operation, "chat");
}

TEST_F(Instrumented, gives_the_handle_back_as_it_was) {
  EXPECT_EQ(perform(), CURLE_OK);
  uninstrument("curl");
  received_.clear();
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(received_, chat_reply) << "the program's own callback got it";
  EXPECT_EQ(tracing_.spans().size(), 1U);
}

TEST_F(Instrumented, leaves_other_requests_alone) {
  set(CURLOPT_URL, (server_.url() + "/v1/models").c_str());
  EXPECT_EQ(perform(), CURLE_OK);
  set(CURLOPT_URL, (server_.url() + "/v1/chat/completions").c_str());
  set(CURLOPT_HTTPGET, 1L);
  EXPECT_EQ(perform(), CURLE_OK);
  set(CURLOPT_NOBODY, 1L);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_TRUE(tracing_.spans().empty());
}

// What used to crash: openai-cpp gives a place for headers, and no function.
TEST_F(Instrumented, headers_without_a_function_go_to_the_one_for_the_body) {
  std::string headers;
  set(CURLOPT_HEADERDATA, &headers);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_NE(headers.find("HTTP/1.1 200"), std::string::npos);
  EXPECT_EQ(received_, chat_reply);
  EXPECT_EQ(only_span().output_text, "Hello");
}

TEST_F(Instrumented, headers_among_the_body_are_not_taken_for_it) {
  set(CURLOPT_HEADER, 1L);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(received_.find("HTTP/1.1 200"), 0U);
  EXPECT_EQ(only_span().output_text, "Hello");
}

struct Paused {
  std::string* received;
  CURL* handle;
  int pauses = 0;
  static std::size_t write(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& me = *static_cast<Paused*>(self);
    if (me.pauses++ == 0) return CURL_WRITEFUNC_PAUSE;
    me.received->append(bytes, size * count);
    return size * count;
  }
  static int go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& me = *static_cast<Paused*>(self);
    if (me.pauses != 0) curl_easy_pause(me.handle, CURLPAUSE_CONT);
    return 0;
  }
};

// Of a paused transfer the same bytes come again.
TEST_F(Instrumented, bytes_that_were_not_taken_count_once) {
  Paused paused{&received_, handle()};
  set(CURLOPT_WRITEFUNCTION, &Paused::write);
  set(CURLOPT_WRITEDATA, &paused);
  set(CURLOPT_XFERINFOFUNCTION, &Paused::go_on);
  set(CURLOPT_XFERINFODATA, &paused);
  set(CURLOPT_NOPROGRESS, 0L);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(received_, chat_reply);
  EXPECT_EQ(only_span().output_text, "Hello");
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::string content_of(std::FILE* file) {
  std::rewind(file);
  std::string content(4096, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file));
  return content;
}

TEST_F(Instrumented, a_body_without_a_function_goes_to_the_file) {
  const File file{std::tmpfile()};
  set(CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(nullptr));
  set(CURLOPT_WRITEDATA, file.get());
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(content_of(file.get()), chat_reply);
  EXPECT_EQ(only_span().output_text, "Hello");
}

TEST_F(Instrumented, the_request_is_read_when_the_transfer_starts) {
  std::string body = R"({"model":"nothing yet"})";
  set(CURLOPT_POSTFIELDS, body.c_str());
  body = R"({"model":"later"})";
  set(CURLOPT_POSTFIELDS, body.c_str());
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(only_span().model, "later");
}

TEST_F(Instrumented, a_body_that_dangles_behind_a_switch_to_get_is_not_read) {
  auto body = std::make_unique<std::string>(chat_body);
  set(CURLOPT_POSTFIELDS, body->c_str());
  set(CURLOPT_HTTPGET, 1L);
  body.reset();
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_TRUE(tracing_.spans().empty());
}

TEST_F(Instrumented, a_copied_body_is_known_though_the_program_has_freed_it) {
  auto body = std::make_unique<std::string>(std::string{chat_body} + "rest that is not sent");
  // an int where a long is asked for, as programs do
  curl_easy_setopt(handle(), CURLOPT_POSTFIELDSIZE, static_cast<int>(std::strlen(chat_body)));
  set(CURLOPT_COPYPOSTFIELDS, body->c_str());
  body.reset();
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(only_span().model, "gpt-4o");
  EXPECT_EQ(server_.oracle().requests().back().body, chat_body);
}

struct Source {
  std::string_view left;
  static std::size_t read(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& me = *static_cast<Source*>(self);
    const std::size_t given = me.left.copy(bytes, std::min<std::size_t>(size * count, 20));
    me.left.remove_prefix(given);
    return given;
  }
};

TEST_F(Instrumented, a_body_that_is_read_by_a_function_is_known) {
  Source source{chat_body};
  set(CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(std::strlen(chat_body)));
  set(CURLOPT_READFUNCTION, &Source::read);
  set(CURLOPT_READDATA, &source);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(only_span().model, "gpt-4o");
  EXPECT_EQ(server_.oracle().requests().back().body, chat_body);
}

// libcurl rewinds a file by itself when it has to send it again, but only if it reads it by itself.
TEST_F(Instrumented, a_file_is_sent_again_behind_a_redirect) {
  server_.enqueue(reply(307, {{"Location", "/v1/chat/completions"}}, "moved"));
  const File file{std::tmpfile()};
  std::fputs(chat_body, file.get());
  std::rewind(file.get());
  set(CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(std::strlen(chat_body)));
  set(CURLOPT_READDATA, file.get());
  set(CURLOPT_FOLLOWLOCATION, 1L);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(server_.oracle().requests().back().body, chat_body);
  const SpanData span = only_span();
  EXPECT_EQ(span.model, "gpt-4o");
  EXPECT_EQ(span.output_text, "Hello") << "what the redirect said is forgotten";
}

TEST_F(Instrumented, the_model_of_a_multipart_request_is_known) {
  set(CURLOPT_URL, (server_.url() + "/v1/audio/transcriptions").c_str());
  curl_mime* mime = curl_mime_init(handle());
  curl_mimepart* part = curl_mime_addpart(mime);
  curl_mime_name(part, "model");
  curl_mime_data(part, "whisper-1", CURL_ZERO_TERMINATED);
  set(CURLOPT_MIMEPOST, mime);
  EXPECT_EQ(perform(), CURLE_OK);
  curl_mime_free(mime);
  EXPECT_EQ(only_span().model, "whisper-1");
}

TEST_F(Instrumented, a_reset_handle_begins_anew) {
  curl_easy_reset(handle());
  set(CURLOPT_URL, (server_.url() + "/v1/chat/completions").c_str());
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_WRITEFUNCTION, &append_to);
  set(CURLOPT_WRITEDATA, &received_);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_TRUE(tracing_.spans().empty()) << "it is a GET now";
}

TEST_F(Instrumented, a_copy_of_a_handle_is_traced_as_the_handle) {
  const Handle copy{curl_easy_duphandle(handle())};
  handle_.reset();
  EXPECT_EQ(curl_easy_perform(copy.get()), CURLE_OK);
  EXPECT_EQ(only_span().model, "gpt-4o");
}

struct Copier {
  CURL* handle;
  Handle copy;
  static std::size_t write(char*, std::size_t size, std::size_t count, void* self) {
    auto& me = *static_cast<Copier*>(self);
    if (!me.copy) me.copy.reset(curl_easy_duphandle(me.handle));
    return size * count;
  }
};

TEST_F(Instrumented, a_copy_in_the_middle_of_a_transfer_holds_what_the_program_set) {
  Copier copier{handle(), {}};
  set(CURLOPT_WRITEFUNCTION, &Copier::write);
  set(CURLOPT_WRITEDATA, &copier);
  EXPECT_EQ(perform(), CURLE_OK);
  ASSERT_TRUE(copier.copy);
  uninstrument("curl");
  EXPECT_EQ(curl_easy_perform(copier.copy.get()), CURLE_OK);
  EXPECT_EQ(tracing_.spans().size(), 1U);
}

struct Switcher {
  CURL* handle;
  std::string* rest;
  static std::size_t write(char*, std::size_t size, std::size_t count, void* self) {
    auto& me = *static_cast<Switcher*>(self);
    curl_easy_setopt(me.handle, CURLOPT_WRITEFUNCTION, &append_to);
    curl_easy_setopt(me.handle, CURLOPT_WRITEDATA, me.rest);
    return size * count;
  }
};

TEST_F(Instrumented, a_callback_may_be_changed_in_the_middle_of_a_transfer) {
  std::string rest;
  Switcher switcher{handle(), &rest};
  set(CURLOPT_WRITEFUNCTION, &Switcher::write);
  set(CURLOPT_WRITEDATA, &switcher);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(perform(), CURLE_OK);
  EXPECT_EQ(rest, chat_reply) << "the second transfer is its own";
  EXPECT_EQ(tracing_.spans().size(), 2U);
}

std::size_t refuse(char*, std::size_t, std::size_t, void*) { return 0; }

TEST_F(Instrumented, a_call_that_the_program_stops_is_cancelled) {
  set(CURLOPT_WRITEFUNCTION, &refuse);
  EXPECT_EQ(perform(), CURLE_WRITE_ERROR);
  const SpanData span = only_span();
  EXPECT_TRUE(span.cancelled);
  EXPECT_EQ(span.output_text, "Hello") << "what had come is kept";
}

std::size_t throw_away(char*, std::size_t, std::size_t, void*) { throw std::runtime_error{"of the program"}; }

// The handle may not be used again, which is as it was without us; the span must not stay open.
TEST_F(Instrumented, an_exception_of_the_programs_flies_through) {
  set(CURLOPT_WRITEFUNCTION, &throw_away);
  EXPECT_THROW(perform(), std::runtime_error);
  const SpanData span = only_span();
  EXPECT_EQ(span.status, Status::error);
  EXPECT_EQ(span.error_type, "exception");
  static_cast<void>(handle_.release());  // libcurl believes that it still runs
}

TEST_F(Instrumented, what_went_wrong_is_told) {
  server_.enqueue(reset_after_reading());
  EXPECT_NE(perform(), CURLE_OK);
  EXPECT_EQ(only_span().error_type, "curl");
}

TEST_F(Instrumented, no_key_is_recorded) {
  curl_slist* headers = curl_slist_append(nullptr, "Authorization: Bearer sk-SECRET");
  set(CURLOPT_HTTPHEADER, headers);
  std::string url = server_.url() + "/v1/chat/completions?api_key=SECRET";
  set(CURLOPT_URL, url.insert(url.find("//") + 2, "user:SECRET@").c_str());
  EXPECT_EQ(perform(), CURLE_OK);
  curl_slist_free_all(headers);
  const SpanData span = only_span();
  for (const auto& [name, value] : span.attributes)
    EXPECT_EQ(value.text.find("SECRET"), std::string::npos) << name;
}

TEST_F(Instrumented, a_handle_older_than_the_hooks_has_a_span_that_says_so) {
  uninstrument("curl");
  const Handle old = make_handle();
  enable_auto_tracing();
  EXPECT_EQ(curl_easy_perform(old.get()), CURLE_OK);
  EXPECT_EQ(received_, chat_reply);
  const SpanData span = only_span();
  EXPECT_NE(span.attribute("llmtrace.partial"), nullptr);
  EXPECT_EQ(span.provider, "openai");
}

TEST_F(Instrumented, an_open_llm_span_is_filled_and_a_retry_is_an_attempt_below_it) {
  server_.enqueue(reply(429, {}, R"({"error":{"message":"slow down","type":"rate_limit"}})"));
  {
    Span call{"ask", SpanKind::llm};
    call.set_model("mine");
    EXPECT_EQ(perform(), CURLE_OK);
    EXPECT_EQ(perform(), CURLE_OK);
  }
  const auto spans = tracing_.spans();
  ASSERT_EQ(spans.size(), 2U);
  const SpanData call = tracing_.span("ask");
  const SpanData attempt = tracing_.span("attempt");
  EXPECT_EQ(call.model, "mine") << "what the program said stays";
  EXPECT_EQ(attempt.parent_span_id, call.span_id);
  EXPECT_NE(attempt.kind, SpanKind::llm) << "one call, one LLM span";
  EXPECT_EQ(tracing_.stats().double_traces_merged, 1U);
}

}  // namespace
}  // namespace llmtrace::testing_support
