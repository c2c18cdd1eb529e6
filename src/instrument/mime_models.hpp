// The field "model" of multipart bodies, which libcurl builds itself: their parts are seen as the program
// makes them. A small table of the last ones; whatever does not fit stays unknown.
#pragma once

#include "instrument/curl_functions.hpp"

namespace llmtrace::instrument {

inline constexpr std::size_t mime_model_size = 128;

void note_mime_part(const curl_mimepart* part, const curl_mime* of) noexcept;
void note_mime_name(const curl_mimepart* part, const char* name) noexcept;
void note_mime_data(const curl_mimepart* part, const char* data, std::size_t size) noexcept;
void forget_mime(const curl_mime* mime) noexcept;

[[nodiscard]] bool find_mime_model(const void* mime, char (&into)[mime_model_size]) noexcept;

void lock_mime_models_for_fork() noexcept;
void unlock_mime_models_after_fork() noexcept;

}  // namespace llmtrace::instrument
