// What stands in the journal's words.
#pragma once

#include <llmtrace/detail/journal.hpp>

namespace llmtrace::journal {

// The tail: the number of a segment, and the offset of the next frame in it.
constexpr std::uint32_t sequence_of(std::uint64_t tail) noexcept {
  return static_cast<std::uint32_t>(tail >> 32);
}
constexpr std::uint32_t offset_of(std::uint64_t tail) noexcept { return static_cast<std::uint32_t>(tail); }
constexpr std::uint64_t make_tail(std::uint32_t sequence, std::uint32_t offset) noexcept {
  return (std::uint64_t{sequence} << 32) | offset;
}

// A frame's size without the mark in it.
constexpr std::uint32_t bare_size(std::uint32_t size) noexcept { return size & ~detail::frame_is_no_span; }

}  // namespace llmtrace::journal
