// What stands before the functions of libcurl: each calls the one that it stands before, of the libcurl that
// the program meant.
#pragma once

#include "instrument/curl_functions.hpp"

namespace llmtrace::instrument::hooks {

CURL* easy_init(const CurlFunctions& curl) noexcept;
// Whatever the option's type is, one word was passed; it goes on unchanged.
CURLcode easy_setopt(const CurlFunctions& curl, CURL* handle, CURLoption option, void* value);
CURLcode easy_perform(const CurlFunctions& curl, CURL* handle);
void easy_cleanup(const CurlFunctions& curl, CURL* handle);
void easy_reset(const CurlFunctions& curl, CURL* handle);
CURL* easy_duphandle(const CurlFunctions& curl, CURL* handle);
CURLMcode multi_add_handle(const CurlFunctions& curl, CURLM* multi, CURL* handle);
CURLMcode multi_remove_handle(const CurlFunctions& curl, CURLM* multi, CURL* handle);
CURLMsg* multi_info_read(const CurlFunctions& curl, CURLM* multi, int* left);
CURLMcode multi_cleanup(const CurlFunctions& curl, CURLM* multi);
curl_mimepart* mime_addpart(const CurlFunctions& curl, curl_mime* mime);
CURLcode mime_name(const CurlFunctions& curl, curl_mimepart* part, const char* name);
CURLcode mime_data(const CurlFunctions& curl, curl_mimepart* part, const char* data, std::size_t size);
void mime_free(const CurlFunctions& curl, curl_mime* mime);

}  // namespace llmtrace::instrument::hooks

namespace llmtrace::instrument {

// Called when the last transfer of a multi handle has ended, so that hooks may go that had to stay for it.
using LastEnded = void (*)() noexcept;
void set_last_ended(LastEnded told) noexcept;

}  // namespace llmtrace::instrument
