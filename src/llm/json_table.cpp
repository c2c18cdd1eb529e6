#include "llm/json_table.hpp"

#include <algorithm>
#include <utility>

namespace llmtrace::llm {
namespace {

// The first step of a path: a key, "*" or "[]". Takes it off the path.
std::string_view take_step(std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  if (path.starts_with("[]")) {
    path.remove_prefix(2);
    return "[]";
  }
  const std::size_t end = std::min(path.find_first_of(".["), path.size());
  const std::string_view step = path.substr(0, end);
  path.remove_prefix(end);
  return step;
}

std::string joined(const std::string& parent, std::string_view step) {
  if (parent.empty() || step == "[]") return parent + std::string{step};
  return parent + "." + std::string{step};
}

}  // namespace

const JsonTable::Node* JsonTable::Node::find(std::string_view key) const noexcept {
  for (const Child& child : children) {
    if (child.key == key) return child.node;
  }
  return any;
}

JsonTable::JsonTable(std::initializer_list<JsonRows> lists, bool array_of_documents) {
  add_node("");
  for (const auto& list : lists) {
    for (const JsonRow& row : list.rows) add(row, list.prefix);
  }
  if (array_of_documents) nodes_.front()->element = nodes_.front().get();
}

JsonTable::Node& JsonTable::add_node(std::string path) {
  nodes_.push_back(std::make_unique<Node>());
  nodes_.back()->path = std::move(path);
  return *nodes_.back();
}

// The tree is made here and nowhere else, so what a node points to may be changed.
JsonTable::Node& JsonTable::child_of(Node& parent, std::string_view step) {
  if (step == "[]") {
    if (parent.element == nullptr) parent.element = &add_node(joined(parent.path, step));
    return const_cast<Node&>(*parent.element);
  }
  if (step == "*") {
    if (parent.any == nullptr) parent.any = &add_node(joined(parent.path, step));
    return const_cast<Node&>(*parent.any);
  }
  for (const Node::Child& child : parent.children) {
    if (child.key == step) return const_cast<Node&>(*child.node);
  }
  Node& made = add_node(joined(parent.path, step));
  parent.children.push_back({step, &made});
  return made;
}

void JsonTable::add(const JsonRow& row, std::string_view prefix) {
  Node* node = nodes_.front().get();
  for (std::string_view path = prefix; !path.empty();) node = &child_of(*node, take_step(path));
  for (std::string_view path = row.path; !path.empty();) node = &child_of(*node, take_step(path));
  if ((row.takes & take::enter) != 0) node->enter = row.action;
  if ((row.takes & take::leave) != 0) node->leave = row.action;
  const std::uint16_t values = row.takes & static_cast<std::uint16_t>(~(take::enter | take::leave));
  if (values == 0) return;
  node->takes = values;
  node->action = row.action;
}

}  // namespace llmtrace::llm
