// Finds and fills slots of the run book. Names are written once, before they are published.
#pragma once

#include "instrument/run_book.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace llmtrace::instrument::book {

template <std::size_t size>
void write_name(char (&into)[size], std::string_view name) noexcept {
  const std::size_t length = std::min(name.size(), size - 1);
  std::memcpy(into, name.data(), length);
  into[length] = '\0';
}

template <std::size_t size>
[[nodiscard]] bool is_named(const char (&slot)[size], std::string_view name) noexcept {
  const std::string_view shown = name.substr(0, size - 1);
  return std::strncmp(slot, shown.data(), shown.size()) == 0 && slot[shown.size()] == '\0';
}

// True for one caller only, who then writes the names and calls publish().
template <class Slot>
[[nodiscard]] bool claim(Slot& slot) noexcept {
  std::uint32_t expected = State::free;
  return slot.state.compare_exchange_strong(expected, State::being_written, std::memory_order_relaxed);
}

template <class Slot>
void publish(Slot& slot) noexcept {
  slot.state.store(State::ready, std::memory_order_release);
}

template <class Slot>
[[nodiscard]] bool is_ready(const Slot& slot) noexcept {
  return slot.state.load(std::memory_order_acquire) == State::ready;
}

}  // namespace llmtrace::instrument::book
