#include "llm/exchange_reader.hpp"

#include "llm/body_reader.hpp"
#include "llm/draft.hpp"
#include "llm/endpoints.hpp"
#include "llm/shape.hpp"
#include "llm/tables.hpp"
#include "llm/text_repair.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace llmtrace::llm {
namespace {

constexpr std::size_t longest_guess = 64 * 1024;
constexpr std::size_t longest_form = 64 * 1024;
constexpr std::size_t longest_error = 512;
constexpr int first_error_status = 400;

class NoEvents final : public BodyEvents {
 public:
  void chunk(std::string_view) override {}
  void chunk_begins(std::string_view) override {}
  void text_event(std::string_view) override {}
  void stream_done() override {}
  void exception(const EventFrame&) override {}
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// The value of a field of multipart/form-data.
std::string_view form_field(std::string_view form, std::string_view name) {
  const std::string quoted = "name=\"" + std::string{name} + "\"";
  const std::size_t found = form.find(quoted);
  if (found == std::string_view::npos) return {};
  std::string_view value = form.substr(found);
  const std::size_t empty_line = std::min(value.find("\r\n\r\n"), value.find("\n\n"));
  if (empty_line == std::string_view::npos) return {};
  value.remove_prefix(value.find_first_not_of("\r\n", empty_line) == std::string_view::npos
                          ? value.size()
                          : value.find_first_not_of("\r\n", empty_line));
  return value.substr(0, value.find_first_of("\r\n"));
}

std::string_view provider_of_shape(const Endpoint& endpoint, const Url& url) {
  if (contains(url.path, "/projects/") && contains(url.path, "/locations/")) return "gcp.vertex_ai";
  if (contains(url.path, "/openai/deployments/")) return "azure.ai.openai";
  if (endpoint.response == &anthropic_response) return "anthropic";
  if (endpoint.response == &gemini_response || endpoint.response == &interactions_response)
    return "gcp.gemini";
  if (endpoint.response == &bedrock_response || endpoint.response == &bedrock_invoke_response)
    return "aws.bedrock";
  if (endpoint.response == &cohere_response || endpoint.response == &v1_chat_response) return "cohere";
  if (endpoint.response == &ollama_response) return "ollama";
  if (endpoint.response == &watsonx_response) return "ibm.watsonx.ai";
  if (endpoint.response == &replicate_response) return "replicate";
  if (endpoint.response == &mistral_conversation) return "mistral_ai";
  if (endpoint.response == &text_generation_response) return {};
  return "openai";
}

}  // namespace

class ExchangeReader::Impl final : public BodyEvents {
 public:
  Impl(Hints hints, const ReaderLimits& limits)
      : hints_{std::move(hints)},
        limits_{limits},
        url_{split_url(hints_.url)},
        endpoint_{find_endpoint(url_)} {}

  void request(std::string_view piece);
  void request_gap();
  void response(std::string_view piece);
  void response_gap(std::uint64_t bytes);
  void restart_response(int status);
  [[nodiscard]] bool has_content() const noexcept { return draft_.has_content(); }
  Facts finish();

 private:
  void chunk_begins(std::string_view name) override;
  void chunk(std::string_view name) override;
  void text_event(std::string_view data) override;
  void stream_done() override { facts_.stream_ended = true; }
  void exception(const EventFrame& frame) override;

  void end_text_event(std::string_view name);
  std::string valid_text(std::string text);
  [[nodiscard]] bool reads_nothing() const noexcept {
    return endpoint_ != nullptr && endpoint_->response == nullptr;
  }
  [[nodiscard]] bool is_error() const noexcept { return hints_.status >= first_error_status; }
  [[nodiscard]] BodyOptions response_options() const;
  void begin_request();
  void begin_response();
  void guess();
  void note_content();
  void finish_request();
  void finish_response();
  void finish_error();
  void finish_names();
  void finish_operation();
  void finish_stream();
  void forget();
  void note_body(const BodyReader& body, Problem not_json, Problem incomplete);

  Hints hints_;
  ReaderLimits limits_;
  Url url_;
  const Endpoint* endpoint_;
  Facts facts_;
  Draft draft_{facts_, limits_};
  NoEvents no_events_;
  std::optional<BodyReader> request_;
  std::optional<BodyReader> response_;
  std::string form_;        // the beginning of a request
  std::string unguessed_;   // the beginning of a response whose shape is not clear yet
  std::string event_text_;  // of an event that is no JSON
  bool guessed_ = false;
  bool not_llm_ = false;
  bool response_seen_ = false;
  std::uint64_t pieces_ = 0;
};

void ExchangeReader::Impl::begin_request() {
  const JsonTable& (*const table)() = endpoint_ != nullptr ? endpoint_->request : &any_request;
  request_.emplace(table(), draft_, no_events_, BodyOptions{}, limits_);
}

void ExchangeReader::Impl::request(std::string_view piece) {
  if (reads_nothing() || piece.empty()) return;
  if (!request_) begin_request();
  if (form_.size() < longest_form) form_.append(piece.substr(0, longest_form - form_.size()));
  request_->feed(piece);
}

void ExchangeReader::Impl::request_gap() {
  if (request_) request_->gap();
}

BodyOptions ExchangeReader::Impl::response_options() const {
  BodyOptions options{hints_.content_type, hints_.content_encoding, false, false};
  if (endpoint_ == nullptr) return options;
  options.inner_bytes = endpoint_->inner_bytes;
  options.plain_text_events = endpoint_->plain_text_events;
  return options;
}

void ExchangeReader::Impl::begin_response() {
  const Endpoint& endpoint = endpoint_ != nullptr ? *endpoint_ : any_endpoint();
  const JsonTable& (*const table)() = is_error() ? &error_response : endpoint.response;
  response_.emplace(table(), draft_, *this, response_options(), limits_);
}

// Where the URL says nothing the first members of the body are asked, once there are enough of them.
void ExchangeReader::Impl::guess() {
  guessed_ = true;
  if (endpoint_ == nullptr && !is_error()) {
    endpoint_ = guess_endpoint(std::string_view{unguessed_}.substr(0, longest_guess), response_options());
  }
  // a URL that is nobody's and a body that looks like nobody's are some other exchange
  not_llm_ = endpoint_ == nullptr && !is_error() && !url_.host.empty();
  if (not_llm_) return;
  begin_response();
  response_->feed(std::exchange(unguessed_, {}));
}

void ExchangeReader::Impl::response(std::string_view piece) {
  response_seen_ = response_seen_ || !piece.empty();
  ++pieces_;
  if (reads_nothing() || not_llm_) return;
  if (endpoint_ == nullptr && !guessed_ && !is_error()) {
    unguessed_.append(piece);
    if (unguessed_.size() >= longest_guess) guess();
    return note_content();
  }
  if (!response_) begin_response();
  response_->feed(piece);
  note_content();
}

void ExchangeReader::Impl::note_content() {
  draft_.check_content();
  if (draft_.has_content() && !facts_.first_content_piece) facts_.first_content_piece = pieces_ - 1;
}

void ExchangeReader::Impl::response_gap(std::uint64_t bytes) {
  draft_.problem(Problem::response_cut, bytes == 0 ? std::string{} : std::to_string(bytes) + " bytes");
  if (reads_nothing()) return;
  if (!response_ && !guessed_) guess();
  if (!response_) return;
  response_->gap();
  const bool in_documents = response_->framing() != Framing::json || response_->scanner().documents() != 0;
  if (!in_documents) return;  // the scanner itself finds out what goes on
  draft_.choices.mark_gap();
  draft_.final.mark_gap();
}

void ExchangeReader::Impl::restart_response(int status) {
  hints_.status = status;
  response_.reset();
  draft_.restart_response();
  unguessed_.clear();
  guessed_ = false;
  not_llm_ = false;
  pieces_ = 0;
  endpoint_ = find_endpoint(url_);
}

void ExchangeReader::Impl::chunk_begins(std::string_view) { draft_.in_stream = true; }

void ExchangeReader::Impl::chunk(std::string_view name) {
  ++facts_.chunk_count;
  if (endpoint_ != nullptr && endpoint_->plain_text_events) end_text_event(name);
}

// An event of text is put together first, by bytes: its pieces may part a character.
void ExchangeReader::Impl::text_event(std::string_view data) {
  const std::size_t room = limits_.text - event_text_.size();
  event_text_.append(data.substr(0, room));
  note_cut(draft_, data.size() <= room);
}

void ExchangeReader::Impl::end_text_event(std::string_view name) {
  const std::string text = valid_text(std::exchange(event_text_, {}));
  if (name == "done")
    facts_.stream_ended = true;
  else if (name == "error")
    keep_first(facts_.error.message, text);
  else
    note_cut(draft_, draft_.choices.add_text(draft_.choices.at(0), text));
}

// Of text that no scanner has looked at.
std::string ExchangeReader::Impl::valid_text(std::string text) {
  text.resize(whole_utf8(text));
  if (repair_utf8(text)) draft_.problem(Problem::invalid_utf8, "");
  return text;
}

void ExchangeReader::Impl::exception(const EventFrame& frame) {
  keep_first(facts_.error.type, frame.exception_type);
  keep_first(facts_.error.code, frame.error_code);
  keep_first(facts_.error.message, frame.error_message);
  JsonScanner scanner{error_response(), draft_};
  scanner.feed(frame.payload);
  scanner.end_document();
}

void ExchangeReader::Impl::note_body(const BodyReader& body, Problem not_json, Problem incomplete) {
  const JsonScanner& scanner = body.scanner();
  if (scanner.ever_failed()) draft_.problem(not_json, "");
  if (scanner.incomplete() || body.frame_incomplete()) draft_.problem(incomplete, "");
}

void ExchangeReader::Impl::finish_request() {
  if (!request_) return;
  request_->finish();
  note_body(*request_, Problem::request_not_json, Problem::request_incomplete);
  if (request_->framing() != Framing::text && request_->framing() != Framing::html) return;
  keep_first(facts_.request_model,
             valid_text(std::string{form_field(form_, "model").substr(0, limits_.short_text)}));
  if (!form_.starts_with("--")) draft_.problem(Problem::request_not_json, "");
}

void ExchangeReader::Impl::finish_response() {
  if (!response_ && response_seen_ && !guessed_ && !reads_nothing()) guess();
  if (!response_) return;
  response_->finish();
  note_body(*response_, Problem::response_not_json, Problem::response_incomplete);
  const bool media = response_->text().empty() && response_->framing() == Framing::text;
  if (response_->framing() == Framing::html) draft_.problem(Problem::response_is_html, "");
  if (response_->framing() == Framing::text && !media) {
    const bool transcript = endpoint_ != nullptr && endpoint_->operation.starts_with("trans") && !is_error();
    if (transcript)
      note_cut(draft_, draft_.choices.add_text(draft_.choices.at(0),
                                               valid_text(std::string{trimmed(response_->text())})));
    else
      draft_.problem(Problem::response_not_json, "");
  }
  if (facts_.chunk_count == 0 && response_->scanner().documents() > 1) {
    facts_.chunk_count = response_->scanner().documents();
  }
}

void ExchangeReader::Impl::finish_error() {
  if (!is_error()) {
    if (!facts_.error.empty() && facts_.error.type.empty()) facts_.error.type = "error";
    return;
  }
  if (response_ && response_->framing() == Framing::text) {
    keep_first(facts_.error.message,
               valid_text(std::string{trimmed(response_->text()).substr(0, longest_error)}));
  }
  keep_first(facts_.error.type, std::to_string(hints_.status));
}

void ExchangeReader::Impl::finish_names() {
  keep_first(facts_.request_model, model_in_path(url_));
  keep_first(facts_.response_id, hints_.request_id);
  const std::string_view host = provider_of_host(url_);
  const std::string_view hint = provider_of_hint(hints_.provider);
  if (!host.empty()) {
    facts_.provider.assign(host);
    facts_.provider_source = ProviderSource::host;
    facts_.served_by.assign(behind_router(url_, facts_.request_model));
  } else if (!hint.empty()) {
    facts_.provider.assign(hint);
    facts_.provider_source = ProviderSource::hint;
  } else if (endpoint_ != nullptr && endpoint_->response != nullptr) {
    facts_.provider.assign(provider_of_shape(*endpoint_, url_));
    const bool elsewhere = !url_.host.empty();
    facts_.provider_source = facts_.provider.empty() ? ProviderSource::none
                             : elsewhere             ? ProviderSource::shape_elsewhere
                                                     : ProviderSource::shape;
  }
}

void ExchangeReader::Impl::finish_operation() {
  if (endpoint_ == nullptr) return;
  facts_.operation.assign(endpoint_->operation);
  const bool any_model = endpoint_->response == &bedrock_invoke_response ||
                         endpoint_->response == &text_generation_response || contains(url_.path, ":predict");
  if (!any_model) return;
  const std::string_view model = facts_.request_model;
  if (facts_.embedding_count || contains(model, "embed"))
    facts_.operation = "embeddings";
  else if (contains(model, "rerank"))
    facts_.operation = "rerank";
  else if (contains(model, "image") || contains(model, "canvas") || contains(model, "stability."))
    facts_.operation = "image_generation";
  else if (contains(model, "veo-"))
    facts_.operation = "video_generation";
  else if (draft_.plain_prompt)
    facts_.operation = "text_completion";
  else if (url_.path.ends_with("/invocations") && !draft_.plain_prompt)
    facts_.operation = "chat";
}

void ExchangeReader::Impl::finish_stream() {
  const bool framed = response_ && (response_->framing() == Framing::sse ||
                                    response_->framing() == Framing::event_stream || facts_.chunk_count != 0);
  if (!facts_.stream && hints_.stream) facts_.stream = hints_.stream;
  if (framed)
    facts_.stream = true;
  else if (!facts_.stream && response_)
    facts_.stream = false;
  if (!facts_.finish_reasons.empty()) facts_.stream_ended = true;
  if (!framed) {
    facts_.first_content_piece.reset();
    facts_.stream_ended = false;
  }
}

void ExchangeReader::Impl::forget() {
  facts_ = {};
  draft_.messages = Messages{limits_.messages};
  draft_.system = Messages{limits_.messages};
  draft_.parameters.clear();
}

Facts ExchangeReader::Impl::finish() {
  finish_request();
  finish_response();
  note_content();
  if (not_llm_) forget();
  finish_names();
  finish_operation();
  draft_.finish();
  finish_error();
  finish_stream();
  return std::move(facts_);
}

ExchangeReader::ExchangeReader(Hints hints, const ReaderLimits& limits)
    : impl_{std::make_unique<Impl>(std::move(hints), limits)} {}
ExchangeReader::~ExchangeReader() = default;

void ExchangeReader::request(std::string_view piece) { impl_->request(piece); }
void ExchangeReader::request_gap() { impl_->request_gap(); }
void ExchangeReader::response(std::string_view piece) { impl_->response(piece); }
void ExchangeReader::response_gap(std::uint64_t bytes) { impl_->response_gap(bytes); }
void ExchangeReader::restart_response(int status) { impl_->restart_response(status); }
bool ExchangeReader::has_content() const noexcept { return impl_->has_content(); }
Facts ExchangeReader::finish() { return impl_->finish(); }

}  // namespace llmtrace::llm
