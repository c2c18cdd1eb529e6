// What the scenarios of the plain libcurl client share. Nothing here knows of tracing.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <string>

namespace curl_client {

struct Answer {
  std::string body;
  std::string headers;
  long status = 0;
  CURLcode code = CURLE_OK;
};

// The request body that asks the model to repeat this text.
[[nodiscard]] std::string question(const std::string& text, bool stream = false);
std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* text);
[[nodiscard]] curl_slist* json_headers();

// A handle that is set up for a POST and not started.
[[nodiscard]] CURL* prepare(const std::string& url, const std::string& body, curl_slist* headers,
                            Answer& answer);
void perform(CURL* handle, Answer& answer);
[[nodiscard]] Answer ask(const std::string& url, const std::string& body);
void print(const char* name, const Answer& answer);

// Each takes the address of the provider, and prints all that it got.
int transfer_scenario(const std::string& name, const std::string& provider);
int process_scenario(const std::string& name, const std::string& provider, char** arguments);

}  // namespace curl_client
