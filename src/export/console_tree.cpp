#include "export/console_tree.hpp"

#include "export/console_figures.hpp"
#include "export/terminal_text.hpp"
#include "export/wire_names.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace llmtrace::exporting {
namespace {

constexpr std::size_t widest_label = 44;
constexpr std::size_t widest_model = 28;
constexpr std::size_t widest_figure = 50;
constexpr std::size_t widest_error = 100;
constexpr std::size_t deepest_indent = 12;  // what lies deeper is drawn here
constexpr std::size_t most_lines = 500;
constexpr std::size_t nobody = static_cast<std::size_t>(-1);

struct Line {
  const ConsoleNode* node = nullptr;  // nullptr: the trace's own line
  std::string branch;                 // the lines of the tree
  std::size_t branch_columns = 0;
};

// The order in which nodes are drawn and the branches before them.
class TreeLayout {
 public:
  TreeLayout(ConsoleTrace& trace, bool unicode) : nodes_{trace.nodes}, unicode_{unicode} {
    std::stable_sort(nodes_.begin(), nodes_.end(), [](const ConsoleNode& a, const ConsoleNode& b) {
      return a.start_ticks < b.start_ticks;
    });
    find_root();
    link();
  }

  std::vector<Line> lines() {
    if (root_ == nobody) {
      lines_.push_back({});
    } else {
      lines_.push_back({&nodes_[root_], {}, 0});
    }
    draw(top_);
    return std::move(lines_);
  }

 private:
  void find_root() {
    const auto root =
        std::find_if(nodes_.begin(), nodes_.end(), [](const ConsoleNode& node) { return node.is_root; });
    if (root != nodes_.end()) root_ = static_cast<std::size_t>(root - nodes_.begin());
  }

  // Nodes without a parent here hang on the first line, and so does one of each ring of nodes that are each
  // other's parents.
  void link() {
    children_.resize(nodes_.size());
    std::unordered_map<std::uint64_t, std::size_t> by_id;
    by_id.reserve(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) by_id.emplace(nodes_[i].span_id, i);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (i == root_) continue;
      const auto parent = by_id.find(nodes_[i].parent_id);
      const bool at_top = parent == by_id.end() || parent->second == root_;
      (at_top ? top_ : children_[parent->second]).push_back(i);
    }
    break_rings(by_id);
  }

  void break_rings(const std::unordered_map<std::uint64_t, std::size_t>& by_id) {
    std::vector<bool> reached(nodes_.size());
    if (root_ != nobody) reached[root_] = true;
    std::vector<std::size_t> pending = top_;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      reach(pending, reached);
      if (reached[i]) continue;
      std::erase(children_[by_id.find(nodes_[i].parent_id)->second], i);
      top_.push_back(i);
      pending.push_back(i);
    }
    reach(pending, reached);
  }

  void reach(std::vector<std::size_t>& pending, std::vector<bool>& reached) const {
    while (!pending.empty()) {
      const std::size_t node = pending.back();
      pending.pop_back();
      reached[node] = true;
      pending.insert(pending.end(), children_[node].begin(), children_[node].end());
    }
  }

  struct Pending {
    std::size_t node;
    std::size_t depth;
    bool last;
  };

  void draw(const std::vector<std::size_t>& top) {
    std::vector<Pending> stack;
    push(stack, top, 0);
    while (!stack.empty()) {
      const Pending pending = stack.back();
      stack.pop_back();
      last_at_.resize(std::min(pending.depth, deepest_indent) + 1);
      last_at_.back() = pending.last;
      lines_.push_back({&nodes_[pending.node], branch(), last_at_.size() * 3});
      push(stack, children_[pending.node], pending.depth + 1);
    }
  }

  static void push(std::vector<Pending>& stack, const std::vector<std::size_t>& nodes, std::size_t depth) {
    for (std::size_t i = nodes.size(); i-- > 0;) stack.push_back({nodes[i], depth, i + 1 == nodes.size()});
  }

  [[nodiscard]] std::string branch() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < last_at_.size(); ++i)
      text += last_at_[i] ? "   " : unicode_ ? "│  " : "|  ";
    return text += last_at_.back() ? (unicode_ ? "└─ " : "`- ") : (unicode_ ? "├─ " : "|- ");
  }

  std::vector<ConsoleNode>& nodes_;
  bool unicode_;
  std::size_t root_ = nobody;
  std::vector<std::size_t> top_;
  std::vector<std::vector<std::size_t>> children_;
  std::vector<Line> lines_;
  std::vector<bool> last_at_;
};

struct Totals {
  std::size_t llm_calls = 0;
  std::size_t errors = 0;
  std::int64_t tokens_input = -1;
  std::int64_t tokens_output = -1;
  double cost_usd = -1;
};

void add(std::int64_t& sum, std::int64_t count) noexcept {
  if (count >= 0) __builtin_add_overflow(std::max<std::int64_t>(sum, 0), count, &sum);
}

Totals totals_of(const std::vector<ConsoleNode>& nodes) noexcept {
  Totals totals;
  for (const ConsoleNode& node : nodes) {
    if (node.kind == static_cast<std::uint8_t>(SpanKind::llm)) ++totals.llm_calls;
    if (node.failed) ++totals.errors;
    add(totals.tokens_input, node.tokens_input);
    add(totals.tokens_output, node.tokens_output);
    if (node.cost_usd >= 0) totals.cost_usd = std::max(totals.cost_usd, 0.0) + node.cost_usd;
  }
  return totals;
}

// Puts cells of known width beside each other.
class TreeWriter {
 public:
  TreeWriter(const ConsoleTrace& trace, const ConsoleStyle& style)
      : trace_{trace}, style_{style}, totals_{totals_of(trace.nodes)} {}

  std::string write(const std::vector<Line>& lines) {
    const std::size_t shown = std::min(lines.size(), most_lines);
    rows_.reserve(shown);
    for (std::size_t i = 0; i < shown; ++i) rows_.push_back(row_of(lines[i]));
    for (const Row& row : rows_) widen(row);
    for (std::size_t i = 0; i < shown; ++i) put_row(lines[i], rows_[i], i == 0);
    if (lines.size() > shown) {
      put(dim, (style_.unicode ? "… " : ".. ") + std::to_string(lines.size() - shown) + " more spans");
      text_ += '\n';
    }
    return std::move(text_);
  }

 private:
  struct Row {
    TerminalText label;
    std::string kind;
    TerminalText model;
    TerminalText duration;
    TerminalText tokens;
    std::string cost;
  };
  static constexpr std::string_view bold = "1";
  static constexpr std::string_view dim = "2";
  static constexpr std::string_view red = "31";
  static constexpr std::string_view green = "32";
  static constexpr std::string_view cyan = "36";

  Row row_of(const Line& line) const {
    Row row;
    const std::size_t room = widest_label - std::min(line.branch_columns, widest_label - 8);
    const bool first = line.branch.empty();
    row.label = for_terminal(line.node != nullptr ? line.node->name : trace_.name, room, style_.unicode);
    if (first) put_figures_in(row, totals_.tokens_input, totals_.tokens_output, totals_.cost_usd);
    if (line.node == nullptr) return row;
    if (!first) put_figures_in(row, line.node->tokens_input, line.node->tokens_output, line.node->cost_usd);
    // the root of a trace is a chain as a rule, which says nothing
    if (!first || line.node->kind != static_cast<std::uint8_t>(SpanKind::chain))
      row.kind = span_type_name(line.node->kind);
    row.model = for_terminal(line.node->model, widest_model, style_.unicode);
    row.duration =
        for_terminal(readable_duration(line.node->nanoseconds, style_.unicode), 12, style_.unicode);
    row.label.columns += line.branch_columns;
    return row;
  }

  void put_figures_in(Row& row, std::int64_t input, std::int64_t output, double cost) const {
    if (input >= 0 || output >= 0)
      row.tokens =
          for_terminal(readable_tokens(input, output, style_.unicode), widest_figure, style_.unicode);
    if (cost >= 0) row.cost = readable_cost(cost);
  }

  void widen(const Row& row) {
    label_ = std::max(label_, row.label.columns);
    kind_ = std::max(kind_, row.kind.size());
    model_ = std::max(model_, row.model.columns);
    duration_ = std::max(duration_, row.duration.columns);
    tokens_ = std::max(tokens_, row.tokens.columns);
    cost_ = std::max(cost_, row.cost.size());
  }

  void put_row(const Line& line, const Row& row, bool first) {
    put(dim, line.branch);
    const bool failed = line.node != nullptr && line.node->failed;
    put(failed ? red : first ? bold : std::string_view{}, row.label.text);
    pad(label_ - row.label.columns);
    column(kind_, dim, row.kind, row.kind.size());
    column(model_, cyan, row.model.text, row.model.columns);
    right_column(duration_, row.duration);
    right_column(tokens_, row.tokens);
    column(cost_, green, row.cost, row.cost.size());
    if (first) put_summary();
    if (failed) put_error(*line.node);
    trim();
    text_ += '\n';
  }

  void column(std::size_t width, std::string_view color, std::string_view text, std::size_t columns) {
    if (width == 0) return;
    pad(2);
    put(color, text);
    pad(width - columns);
  }

  void right_column(std::size_t width, const TerminalText& text) {
    if (width == 0) return;
    pad(2 + width - text.columns);
    put({}, text.text);
  }

  void put_summary() {
    trim();
    if (totals_.llm_calls != 0)
      put({},
          "  " + std::to_string(totals_.llm_calls) + (totals_.llm_calls == 1 ? " llm call" : " llm calls"));
    if (totals_.errors != 0)
      put(red, "  " + std::to_string(totals_.errors) + (totals_.errors == 1 ? " error" : " errors"));
    if (trace_.ending == ConsoleEnding::incomplete) put(dim, "  (not ended)");
    if (trace_.ending == ConsoleEnding::elsewhere) put(dim, "  (its root is not here)");
  }

  void put_error(const ConsoleNode& node) {
    trim();
    put(red, style_.unicode ? "  ✗" : "  x");
    const TerminalText error = for_terminal(node.error, widest_error, style_.unicode);
    put(red, (error.text.empty() ? " error" : " " + error.text));
  }

  void put(std::string_view color, std::string_view text) {
    if (text.empty()) return;
    if (!style_.color || color.empty()) {
      text_ += text;
      return;
    }
    text_.append("\x1b[").append(color).append("m").append(text).append("\x1b[0m");
  }
  void pad(std::size_t columns) { text_.append(columns, ' '); }
  void trim() { text_.erase(text_.find_last_not_of(' ') + 1); }

  const ConsoleTrace& trace_;
  ConsoleStyle style_;
  Totals totals_;
  std::vector<Row> rows_;
  std::string text_;
  std::size_t label_ = 0;
  std::size_t kind_ = 0;
  std::size_t model_ = 0;
  std::size_t duration_ = 0;
  std::size_t tokens_ = 0;
  std::size_t cost_ = 0;
};

}  // namespace

std::string draw_trace(ConsoleTrace& trace, const ConsoleStyle& style) {
  const std::vector<Line> lines = TreeLayout{trace, style.unicode}.lines();
  std::string text = TreeWriter{trace, style}.write(lines);
  if (lines.size() > 1) text += '\n';
  return text;
}

}  // namespace llmtrace::exporting
