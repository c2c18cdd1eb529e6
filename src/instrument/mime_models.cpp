#include "instrument/mime_models.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

namespace llmtrace::instrument {
namespace {

struct Part {
  const curl_mimepart* part = nullptr;
  const curl_mime* of = nullptr;
  bool is_model = false;
  char data[mime_model_size] = {};
};

constexpr std::size_t most_parts = 64;

std::mutex parts_mutex;
Part parts[most_parts];
std::size_t next_part = 0;

Part* find(const curl_mimepart* part) noexcept {
  auto* found =
      std::find_if(std::begin(parts), std::end(parts), [part](const Part& one) { return one.part == part; });
  return found != std::end(parts) ? found : nullptr;
}

}  // namespace

void note_mime_part(const curl_mimepart* part, const curl_mime* of) noexcept {
  if (part == nullptr) return;
  const std::lock_guard lock{parts_mutex};
  Part* slot = find(part);
  if (slot == nullptr) slot = &parts[next_part++ % most_parts];
  *slot = Part{part, of};
}

void note_mime_name(const curl_mimepart* part, const char* name) noexcept {
  const std::lock_guard lock{parts_mutex};
  if (Part* known = find(part)) known->is_model = name != nullptr && std::strcmp(name, "model") == 0;
}

void note_mime_data(const curl_mimepart* part, const char* data, std::size_t size) noexcept {
  const std::lock_guard lock{parts_mutex};
  Part* known = find(part);
  if (known == nullptr || data == nullptr) return;
  known->data[0] = '\0';
  if (size == CURL_ZERO_TERMINATED) size = ::strnlen(data, mime_model_size);
  if (size >= mime_model_size) return;  // no model's name
  std::memcpy(known->data, data, size);
  known->data[size] = '\0';
}

void forget_mime(const curl_mime* mime) noexcept {
  const std::lock_guard lock{parts_mutex};
  for (Part& one : parts)
    if (one.of == mime) one = Part{};
}

bool find_mime_model(const void* mime, char (&into)[mime_model_size]) noexcept {
  const std::lock_guard lock{parts_mutex};
  for (const Part& one : parts) {
    if (one.of != mime || mime == nullptr || !one.is_model || one.data[0] == '\0') continue;
    std::memcpy(into, one.data, mime_model_size);
    return true;
  }
  return false;
}

void lock_mime_models_for_fork() noexcept { parts_mutex.lock(); }
void unlock_mime_models_after_fork() noexcept { parts_mutex.unlock(); }

}  // namespace llmtrace::instrument
