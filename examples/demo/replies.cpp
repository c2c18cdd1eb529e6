#include "replies.hpp"

#include "json_slices.hpp"
#include "provider_shapes.hpp"

namespace fake_provider {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_plain(std::string_view path) { return path.substr(0, 6) == "/plain"; }

// A page that has nothing to do with LLMs: what was sent comes back, else the path.
Reply plain_page(const Request& request, const std::string& path) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.pieces.push_back(request.body.empty() ? "This is " + path + "\n" : request.body);
  return reply;
}

Reply gemini_reply(const Request& request, const std::string& path) {
  Conversation said = read_conversation(request.body, false);
  const auto begin = path.rfind('/') + 1;
  said.model = path.substr(begin, path.rfind(':') - begin);
  return gemini_content(said);
}

}  // namespace

Reply reply_to(const Request& request, const std::string& path) {
  if (is_plain(path)) return plain_page(request, path);
  if (ends_with(path, ":generateContent")) return gemini_reply(request, path);
  const Conversation said = read_conversation(request.body, ends_with(path, "/api/chat"));
  if (ends_with(path, "/chat/completions")) return chat_completion(said);
  if (ends_with(path, "/embeddings")) return embedding(said);
  if (ends_with(path, "/responses")) return response_object(said);
  if (ends_with(path, "/v1/messages")) return anthropic_message(said);
  if (ends_with(path, "/api/chat")) return ollama_chat(said);
  return error_reply(404, "not_found_error", "there is no " + path);
}

Reply error_reply(int status, const std::string& type, const std::string& message) {
  Reply reply = whole(R"({"error":{"message":)" + quoted(message) + R"(,"type":)" + quoted(type) +
                      R"(,"param":null,"code":null}})");
  reply.status = status;
  return reply;
}

Reply whole(std::string json) {
  Reply reply;
  reply.pieces.push_back(std::move(json));
  return reply;
}

Reply event_stream(std::vector<std::string> events) {
  Reply reply;
  reply.streamed = true;
  reply.content_type = "text/event-stream";
  reply.pieces = std::move(events);
  return reply;
}

std::string data_event(const std::string& json) { return "data: " + json + "\n\n"; }

std::string named_event(const std::string& name, const std::string& json) {
  return "event: " + name + "\n" + data_event(json);
}

std::vector<std::string> deltas_of(const Conversation& said) {
  std::vector<std::string> deltas = words_of(said.text);
  for (std::size_t i = 1; i < deltas.size(); ++i) deltas[i].insert(0, 1, ' ');
  return deltas;
}

}  // namespace fake_provider
