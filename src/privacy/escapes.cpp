#include "privacy/escapes.hpp"

#include "privacy/unescape.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace llmtrace::privacy {
namespace {

constexpr std::size_t largest_kept = 256u << 10;

// Backslashes in a row are one escape, however deep it lies. Without a branch, for the compiler to take many
// bytes at once.
std::size_t count_escapes(std::string_view raw) noexcept {
  std::size_t count = 0;
  char before = '\0';
  for (const char byte : raw) {
    count += static_cast<std::size_t>(byte == '\\') & static_cast<std::size_t>(before != '\\');
    before = byte;
  }
  return count;
}

}  // namespace

bool Escapes::decode(std::string_view raw) noexcept {
  places_.clear();
  if (raw.find('\\') == std::string_view::npos) return take_as_it_is(raw), true;
  if (raw.size() > std::numeric_limits<std::uint32_t>::max()) return false;
  // known before anything is written: a hostile text is given up at once, and nothing grows by doubling
  const std::size_t escapes = count_escapes(raw);
  if (escapes > most) return false;
  try {
    decoded_.clear();
    decoded_.reserve(raw.size());
    places_.reserve(escapes);
    for (std::size_t at = 0; at < raw.size();) {
      const std::size_t next = std::min(raw.find('\\', at), raw.size());
      decoded_.append(raw, at, next - at);
      at = next;
      if (at < raw.size()) append(raw, at);
    }
  } catch (const std::bad_alloc&) {
    return false;
  }
  text_ = decoded_;
  return true;
}

void Escapes::append(std::string_view raw, std::size_t& at) {
  Place place;
  place.text = static_cast<std::uint32_t>(decoded_.size());
  place.raw = static_cast<std::uint32_t>(at);
  const std::size_t escaped = skip_backslashes(raw, at);
  place.backslashes = static_cast<std::uint16_t>(std::min<std::size_t>(escaped - at, 0xffff));
  std::size_t end = std::min(escaped + 1, raw.size());
  if (escaped == raw.size()) {
    decoded_.push_back('\\');
    place.text_size = 1;
  } else if (const auto code = raw[escaped] == 'u' ? code_point_at(raw, escaped + 1) : std::nullopt) {
    place.text_size = static_cast<std::uint16_t>(put_utf8(decoded_, code->value));
    end = code->end;
  } else {
    decoded_.push_back(meaning_of(raw[escaped]));
    place.text_size = 1;
  }
  place.raw_size = static_cast<std::uint32_t>(end - at);
  places_.push_back(place);
  at = end;
}

const Escapes::Place* Escapes::last_before(std::size_t at) const noexcept {
  const auto behind = std::upper_bound(places_.begin(), places_.end(), at,
                                       [](std::size_t place, const Place& one) { return place < one.text; });
  return behind == places_.begin() ? nullptr : &*std::prev(behind);
}

std::size_t Escapes::raw_begin(std::size_t at) const noexcept {
  const Place* place = last_before(at);
  if (place == nullptr) return at;
  if (at < std::size_t{place->text} + place->text_size) return place->raw;
  return std::size_t{place->raw} + place->raw_size + (at - place->text - place->text_size);
}

std::size_t Escapes::raw_end(std::size_t end) const noexcept {
  if (end == 0) return 0;
  const Place* place = last_before(end - 1);
  if (place == nullptr) return end;
  if (end - 1 < std::size_t{place->text} + place->text_size) return std::size_t{place->raw} + place->raw_size;
  return std::size_t{place->raw} + place->raw_size + (end - place->text - place->text_size);
}

std::size_t Escapes::text_at(std::size_t at) const noexcept {
  const auto behind = std::upper_bound(places_.begin(), places_.end(), at,
                                       [](std::size_t place, const Place& one) { return place < one.raw; });
  if (behind == places_.begin()) return at;
  const Place& place = *std::prev(behind);
  if (at < std::size_t{place.raw} + place.raw_size) return place.text;
  return std::size_t{place.text} + place.text_size + (at - place.raw - place.raw_size);
}

std::size_t Escapes::depth_at(std::size_t at) const noexcept {
  const Place* place = last_before(at);
  return place != nullptr && place->text == at ? place->backslashes : 0;
}

void Escapes::recycle() noexcept {
  if (decoded_.capacity() > largest_kept) decoded_ = std::string{};
  if (places_.capacity() * sizeof(Place) > largest_kept) places_ = std::vector<Place>{};
  text_ = {};
}

}  // namespace llmtrace::privacy
