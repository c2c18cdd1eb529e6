// A JSON document that is being written, as an answer needs it: its buffer and its writer in one.
#pragma once

#include "core/json_writer.hpp"

#include <new>
#include <string>

namespace llmtrace::collector {

class JsonDocument {
 public:
  [[nodiscard]] core::JsonWriter& writer() noexcept { return writer_; }
  core::JsonWriter* operator->() noexcept { return &writer_; }

  // Throws bad_alloc when memory was short on the way.
  [[nodiscard]] std::string text() const {
    if (buffer_.failed()) throw std::bad_alloc{};
    return std::string{buffer_.view()};
  }

 private:
  core::ByteBuffer buffer_;
  core::JsonWriter writer_{buffer_};
};

}  // namespace llmtrace::collector
