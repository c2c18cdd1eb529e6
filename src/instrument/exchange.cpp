#include "instrument/exchange.hpp"

#include "instrument/mime_models.hpp"
#include "instrument/run_book_writer.hpp"

#include <cstdio>
#include <cstring>

namespace llmtrace::instrument {
namespace {

constexpr std::size_t longest_header_value = 256;

StreamOptions stream_options(const CallRules& rules, const Call& call) {
  StreamOptions options;
  options.operation = call.operation;
  options.kind = call.is_embedding ? SpanKind::embedding : SpanKind::llm;
  options.capture_outputs = rules.options().capture_outputs;
  const SpanRef current = current_span();
  // Some layer fills the call's span already: this is one more attempt at the same call.
  const bool is_attempt = current.recording() && current.kind() == SpanKind::llm && !current.can_be_adopted();
  if (!is_attempt) return options;
  options.kind = SpanKind::other;
  options.name = "attempt";
  return options;
}

bool is_field(std::string_view line, std::string_view name) noexcept {
  if (line.size() < name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char letter = line[i];
    if ((letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter) != name[i]) return false;
  }
  return true;
}

std::string_view value_of(std::string_view line) noexcept {
  line.remove_prefix(line.find(':') + 1);
  while (!line.empty() && static_cast<unsigned char>(line.front()) <= ' ') line.remove_prefix(1);
  while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
  return line.substr(0, longest_header_value);
}

void set_text(std::string& to, std::string_view value) noexcept {
  try {
    to.assign(value);
  } catch (const std::bad_alloc&) {
    to.clear();
  }
}

bool is_blank(std::string_view line) noexcept { return line == "\r\n" || line == "\n"; }

bool was_stopped_by_program(CURLcode code) noexcept { return code == CURLE_ABORTED_BY_CALLBACK; }

void hide(const SpanRef& span, unsigned flag) noexcept {
  if (detail::Record* record = span.handle().live())
    record->flags = static_cast<std::uint16_t>(record->flags | flag);
}

// Of what is shown, not of what is read: the usage stands at the end of a body.
void limit(const SpanRef& span, std::string_view which, const Setting<std::size_t>& bytes) noexcept {
  detail::Record* record = span.handle().live();
  if (record == nullptr || !bytes) return;
  detail::FieldWriter{detail::started_core()->slow.writer, *record}.uint64(detail::Tag::exchange_hint, which,
                                                                           *bytes);
}

// How it ended the program did not ask: whoever reads the response sees whether all of it had come.
void mark_taken_away(const SpanRef& span) noexcept {
  if (detail::Record* record = span.handle().live())
    detail::FieldWriter{detail::started_core()->slow.writer, *record}.boolean(detail::Tag::exchange_hint,
                                                                              "taken_away", true);
}

}  // namespace

Exchange::Exchange(const CurlFunctions& curl, CURL* handle, HandleState& state,
                   const std::shared_ptr<const RuleSet>& rules, const Call& call)
    : curl_{curl}, handle_{handle}, state_{state}, rules_{rules, call.rules} {
  recorder_.emplace(stream_options(*rules_, call));
  recorder_->set_exchange({});
  counted_ = recorder_->recording();
  if (counted_) note_span_started();
  record_options();
  if (state_.method == Method::post && !reads_request()) record_request();
}

Exchange::~Exchange() {
  if (recorder_) cancel();
}

void Exchange::record_options() noexcept {
  SpanRef span = recorder_->span();
  const InstrumentOptions& options = rules_->options();
  if (!options.capture_inputs) hide(span, detail::flag_hide_input);
  if (!options.capture_outputs) hide(span, detail::flag_hide_output);
  limit(span, "max_input", options.max_input_bytes);
  limit(span, "max_output", options.max_output_bytes);
  if (options.redact_pii) span.redact_pii();
  if (!state_.knows_callbacks())
    span.set("llmtrace.partial", "the handle is older than the instrumentation: its bodies are not known");
  if (state_.method != Method::mime) return;
  char model[mime_model_size];
  if (find_mime_model(state_.mime, model)) span.set_model(model);
}

bool Exchange::reads_request() const noexcept {
  if (state_.method == Method::put) return true;
  return state_.method == Method::post && state_.body.fields == nullptr && !state_.body.is_copy;
}

// libcurl rewinds a file by itself only while it reads it by itself.
bool Exchange::seeks() const noexcept {
  const Callbacks& program = state_.callbacks;
  return program.seek != nullptr || (program.read == nullptr && program.ioctl == nullptr);
}

void Exchange::take_over() noexcept {
  if (!state_.knows_callbacks()) return;
  const auto set = curl_.easy_setopt;
  set(handle_, CURLOPT_WRITEFUNCTION, &Exchange::on_write);
  set(handle_, CURLOPT_WRITEDATA, this);
  set(handle_, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(handle_, CURLOPT_HEADERDATA, this);
  has_taken_over_ = true;
  reads_ = state_.complete && reads_request();
  if (!reads_) return;
  set(handle_, CURLOPT_READFUNCTION, &Exchange::on_read);
  set(handle_, CURLOPT_READDATA, this);
  seeks_ = seeks();
  if (!seeks_) return;
  set(handle_, CURLOPT_SEEKFUNCTION, &Exchange::on_seek);
  set(handle_, CURLOPT_SEEKDATA, this);
}

void Exchange::put_back() noexcept {
  if (has_taken_over_) give_back_to(handle_);
  has_taken_over_ = false;
}

void Exchange::give_back_to(CURL* handle) const noexcept {
  if (!has_taken_over_) return;
  const auto set = curl_.easy_setopt;
  const Callbacks& program = state_.callbacks;
  set(handle, CURLOPT_WRITEFUNCTION, program.write);
  set(handle, CURLOPT_WRITEDATA, program.write_data_set ? program.write_data : stdout);
  set(handle, CURLOPT_HEADERFUNCTION, program.header);
  set(handle, CURLOPT_HEADERDATA, program.header_data);
  if (!reads_) return;
  set(handle, CURLOPT_READFUNCTION, program.read);
  set(handle, CURLOPT_READDATA, program.read_data_set ? program.read_data : stdin);
  if (!seeks_) return;
  set(handle, CURLOPT_SEEKFUNCTION, program.seek);
  set(handle, CURLOPT_SEEKDATA, program.seek_data);
}

bool Exchange::keeps(CURLoption option) const noexcept {
  if (!has_taken_over_) return false;
  switch (static_cast<int>(option)) {
    case CURLOPT_WRITEFUNCTION:
    case CURLOPT_WRITEDATA:
    case CURLOPT_HEADERFUNCTION:
    case CURLOPT_HEADERDATA: return true;
    case CURLOPT_READFUNCTION:
    case CURLOPT_READDATA: return reads_;
    case CURLOPT_SEEKFUNCTION:
    case CURLOPT_SEEKDATA: return seeks_;
    default: return false;
  }
}

// Not noexcept, all of these: what the program's callback throws flies through libcurl, as it always did.
std::size_t Exchange::on_write(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->take_body(bytes, size, count);
}
std::size_t Exchange::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->take_header(bytes, size, count);
}
std::size_t Exchange::on_read(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->take_request(bytes, size, count);
}
int Exchange::on_seek(void* self, curl_off_t offset, int origin) {
  return static_cast<Exchange*>(self)->seek_request(offset, origin);
}

// The program comes first: of a paused transfer the same bytes come once more, and only what was taken
// counts.
std::size_t Exchange::take_body(char* bytes, std::size_t size, std::size_t count) {
  const std::size_t taken = hand_on_body(bytes, size, count);
  if (taken == CURL_WRITEFUNC_PAUSE) return taken;
  stopped_ = taken != size * count;
  if (!(state_.include_header && in_header_)) recorder_->bytes({bytes, size * count});
  return taken;
}

std::size_t Exchange::hand_on_body(char* bytes, std::size_t size, std::size_t count) const {
  const Callbacks& program = state_.callbacks;
  if (program.write != nullptr) return program.write(bytes, size, count, program.write_data);
  std::FILE* file = program.write_data_set ? static_cast<std::FILE*>(program.write_data) : stdout;
  return std::fwrite(bytes, size, count, file);
}

std::size_t Exchange::take_header(char* bytes, std::size_t size, std::size_t count) {
  const std::size_t taken = hand_on_header(bytes, size, count);
  if (taken == CURL_WRITEFUNC_PAUSE) return taken;
  stopped_ = taken != size * count;
  note_header({bytes, size * count});
  return taken;
}

// A place for headers without a function: libcurl calls the one for the body.
std::size_t Exchange::hand_on_header(char* bytes, std::size_t size, std::size_t count) const {
  const Callbacks& program = state_.callbacks;
  if (program.header != nullptr) return program.header(bytes, size, count, program.header_data);
  if (program.header_data == nullptr) return size * count;
  if (program.write != nullptr) return program.write(bytes, size, count, program.header_data);
  return std::fwrite(bytes, size, count, static_cast<std::FILE*>(program.header_data));
}

// Each response begins with a status line: what came before it was a redirect, or asked for a password.
void Exchange::note_header(std::string_view line) noexcept {
  if (line.substr(0, 5) == "HTTP/") {
    recorder_->restart();
    in_header_ = true;
    content_encoding_.clear();
    const std::size_t space = line.find(' ');
    const bool is_interim = space != std::string_view::npos && line.substr(space + 1, 1) == "1";
    answered_ = answered_ || !is_interim;
    return;
  }
  if (is_blank(line)) in_header_ = false;
  if (is_field(line, "content-encoding:")) set_text(content_encoding_, value_of(line));
  for (const char* name : {"x-request-id:", "request-id:", "x-amzn-requestid:", "apim-request-id:"})
    if (is_field(line, name)) set_text(request_id_, value_of(line));
}

std::size_t Exchange::take_request(char* bytes, std::size_t size, std::size_t count) {
  const Callbacks& program = state_.callbacks;
  std::FILE* file = program.read_data_set ? static_cast<std::FILE*>(program.read_data) : stdin;
  const std::size_t given = program.read != nullptr ? program.read(bytes, size, count, program.read_data)
                                                    : std::fread(bytes, size, count, file);
  if (given <= size * count) note_request({bytes, given});
  return given;
}

// What is read behind an answer is the request once more.
void Exchange::note_request(std::string_view bytes) noexcept {
  if (answered_) request_.clear();
  answered_ = false;
  const detail::Record* record = recorder_->span().handle().live();
  if (record == nullptr || request_.size() >= record->tracer->max_capture) return;
  try {
    request_.append(bytes);
  } catch (const std::bad_alloc&) {
    return;  // of what is missing the reader makes what it can
  }
}

int Exchange::seek_request(curl_off_t offset, int origin) {
  const Callbacks& program = state_.callbacks;
  if (offset == 0 && origin == SEEK_SET) request_.clear();
  if (program.seek != nullptr) return program.seek(program.seek_data, offset, origin);
  std::FILE* file = program.read_data_set ? static_cast<std::FILE*>(program.read_data) : stdin;
  return ::fseeko(file, offset, origin) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK;
}

void Exchange::record_request() noexcept {
  const Body& body = state_.body;
  std::string_view bytes{request_};
  if (body.is_copy) {
    bytes = body.copy;
  } else if (body.fields != nullptr) {
    bytes = {body.fields, body.size < 0 ? std::strlen(body.fields) : static_cast<std::size_t>(body.size)};
  }
  if (!bytes.empty()) recorder_->span().record_request(bytes);
}

void Exchange::describe() noexcept {
  ExchangeHints hints;
  const char* url = nullptr;
  const char* type = nullptr;
  long status = 0;
  const auto get = curl_.easy_getinfo;
  if (get(handle_, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != nullptr) hints.url = url;
  if (get(handle_, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type != nullptr) hints.content_type = type;
  if (get(handle_, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK) hints.status = static_cast<int>(status);
  if (!state_.decodes) hints.content_encoding = content_encoding_;
  hints.request_id = request_id_;
  recorder_->set_exchange(hints);
}

void Exchange::come_to_end() noexcept {
  put_back();
  if (reads_) record_request();
  describe();
}

void Exchange::leave() noexcept {
  recorder_.reset();
  if (counted_) note_span_ended();
}

void Exchange::end(CURLcode code) noexcept {
  if (!recorder_) return;
  come_to_end();
  if (code == CURLE_OK) {
    recorder_->finish();
  } else if (stopped_ || was_stopped_by_program(code)) {
    recorder_->cancel();
  } else {
    SpanRef span = recorder_->span();
    if (!span.has_field(detail::Tag::error)) span.set_error("curl", curl_.easy_strerror(code));
    recorder_->finish();
  }
  leave();
}

void Exchange::cancel() noexcept {
  if (!recorder_) return;
  come_to_end();
  mark_taken_away(recorder_->span());
  recorder_->cancel();
  leave();
}

void Exchange::fail() noexcept {
  if (!recorder_) return;
  come_to_end();
  SpanRef span = recorder_->span();
  if (!span.has_field(detail::Tag::error)) span.set_error("exception", "an exception left the transfer");
  recorder_->finish();
  leave();
}

SpanContext Exchange::context() const noexcept {
  return recorder_ ? detail::context_of(recorder_->span().handle()) : SpanContext{};
}

void PropagatedContext::put(const CurlFunctions& curl, CURL* handle, HandleState& state,
                            const SpanContext& context) noexcept {
  if (!context.valid() || !state.complete || curl_ != nullptr) return;
  try {
    std::snprintf(line_, sizeof(line_), "traceparent: %s", to_traceparent(context).c_str());
  } catch (const std::bad_alloc&) {
    return;
  }
  head_ = {line_, state.headers};
  curl_ = &curl;
  handle_ = handle;
  state_ = &state;
  curl.easy_setopt(handle, CURLOPT_HTTPHEADER, &head_);
}

PropagatedContext::~PropagatedContext() {
  if (curl_ != nullptr) curl_->easy_setopt(handle_, CURLOPT_HTTPHEADER, state_->headers);
}

}  // namespace llmtrace::instrument
