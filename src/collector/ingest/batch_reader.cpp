#include "collector/ingest/batch_reader.hpp"

#include "collector/ingest/item_reader.hpp"
#include "core/json_check.hpp"

#include <memory>
#include <utility>

namespace llmtrace::collector::ingest {
namespace {

struct Memory {
  std::string body;
  TextArena arena;
};

std::string_view member_name(ItemKind kind) noexcept { return kind == ItemKind::spans ? "spans" : "traces"; }

struct Found {
  std::string_view items;
  std::string problem;
};

// The one list in the body. What else stands there is not looked at, but must be JSON.
Found find_items(std::string_view body, ItemKind kind) {
  const std::string wanted = "\"" + std::string{member_name(kind)} + "\"";
  Found found;
  JsonMembers members{body};
  for (std::string_view key, value; members.next(key, value);) {
    if (key == wanted) {
      if (!found.items.empty()) return {{}, wanted + " stands twice in the body"};
      if (kind_of(value) != JsonKind::array) return {{}, wanted + " is not a list"};
      found.items = value;
    } else if (!core::is_valid_json(key) || !core::is_valid_json(value)) {
      return {{}, "the body is not valid JSON"};
    }
  }
  if (!members.whole()) return {{}, "the body is not valid JSON"};
  if (found.items.empty()) return {{}, "the body has no member " + wanted};
  return found;
}

void read_item(std::string_view item, std::size_t index, ItemKind kind, TextArena& arena, ReadBatch& out) {
  std::string error;
  if (kind == ItemKind::spans) {
    SpanUpdate update;
    error = read_span(item, out.batch.project, arena, update);
    if (error.empty()) out.batch.spans.push_back(update);
  } else {
    TraceUpdate update;
    error = read_trace(item, out.batch.project, arena, update);
    if (error.empty()) out.batch.traces.push_back(std::move(update));
  }
  if (error.empty()) {
    out.indices.push_back(index);
  } else {
    out.rejected.push_back({index, std::move(error)});
  }
}

}  // namespace

bool has_member(std::string_view body, std::string_view name) noexcept {
  JsonMembers members{body};
  for (std::string_view key, value; members.next(key, value);)
    if (key.substr(1, key.size() - 2) == name) return true;
  return false;
}

ReadBatch read_batch(std::string body, ItemKind kind, std::string project) {
  const auto memory = std::make_shared<Memory>(Memory{std::move(body), {}});
  ReadBatch out;
  out.batch.project = std::move(project);
  const Found found = find_items(memory->body, kind);
  out.problem = found.problem;
  if (!out.problem.empty()) return out;

  JsonElements items{found.items};
  std::size_t index = 0;
  for (std::string_view item; items.next(item); ++index) {
    if (index == most_items) {
      out.problem = "more than 10000 items in a body";
      return out;
    }
    read_item(item, index, kind, memory->arena, out);
  }
  if (!items.whole()) out.problem = "the body is not valid JSON";
  out.batch.bytes = memory->body.size() + memory->arena.bytes() +
                    out.batch.spans.size() * sizeof(SpanUpdate) +
                    out.batch.traces.size() * sizeof(TraceUpdate);
  out.batch.memory = memory;
  return out;
}

}  // namespace llmtrace::collector::ingest
