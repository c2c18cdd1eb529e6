// Replies that arrive piece by piece. StreamRecorder is a span that lasts as long as the stream does;
// trace_stream() puts one around a range, traced_stream() around a function that returns a range, and
// StreamRecorder::on_piece() around a client's callback. Generators and awaitables of C++20: coroutine.hpp.
#pragma once

#include <llmtrace/wrap.hpp>

#include <iterator>
#include <memory>

LLMTRACE_BEGIN_NAMESPACE

struct StreamOptions {
  std::string name = {};  // else "operation model", or whichever of the two is known
  SpanKind kind = SpanKind::llm;
  std::string model = {};
  std::string provider = {};
  std::string operation = {};
  bool capture_inputs = true;
  bool capture_outputs = true;
};

// A piece that is what the provider sent: the worker reads it.
struct ProviderBytes {
  Text bytes;
};

class StreamRecorder;
namespace detail {
template <class Piece>
void add_piece(StreamRecorder& to, const Piece& piece);

template <class Piece, class... More>
const Piece& called_back_with(const Piece& piece, const More&...) noexcept {
  return piece;
}
template <class Size, class... More, std::enable_if_t<std::is_integral_v<Size>, int> = 0>
std::string_view called_back_with(const char* text, const Size& size, const More&...) noexcept {
  return {text, static_cast<std::size_t>(size)};
}
}  // namespace detail

// The span of a stream. It ends when the stream is over: finish() when it was consumed, fail() when it threw;
// a recorder that dies before that was dropped with its stream, and the span is `cancelled`. What had come is
// kept in any case. It moves with the stream, also to other threads; one thread at a time. The time to the
// first token is that of the first piece with content.
class StreamRecorder {
 public:
  // Of kind llm: an open llm span that no layer has filled yet is filled, and stays open until the stream is
  // over even if its guard dies first. Else a span is opened below the current one.
  LLMTRACE_API explicit StreamRecorder(const StreamOptions& options = {}) noexcept;
  explicit StreamRecorder(ManualSpan span) noexcept : own_{std::move(span)} {}
  // Keeps a guard's span open until the stream is over.
  [[nodiscard]] LLMTRACE_API static StreamRecorder hold(const SpanRef& span) noexcept;

  LLMTRACE_API StreamRecorder(StreamRecorder&& other) noexcept;
  StreamRecorder(const StreamRecorder&) = delete;
  StreamRecorder& operator=(const StreamRecorder&) = delete;
  StreamRecorder& operator=(StreamRecorder&&) = delete;
  LLMTRACE_API ~StreamRecorder();

  // A view of the span, for everything else that is known of the call.
  [[nodiscard]] SpanRef span() const noexcept { return holds_ ? SpanRef{held_} : own_.ref(); }
  [[nodiscard]] bool recording() const noexcept { return span().recording(); }

  // Makes the span current on this thread while it lives: around whatever moves the stream on. A layer below
  // that traces the same call fills the span then instead of opening another.
  class Scope {
   public:
    explicit Scope(StreamRecorder& recorder) noexcept : recorder_{recorder}, context_{recorder.context()} {
      recorder_.let_adopt();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { recorder_.adopt_again(); }

   private:
    StreamRecorder& recorder_;
    ContextScope context_;
  };

  LLMTRACE_API StreamRecorder& text(Text delta) noexcept;
  LLMTRACE_API StreamRecorder& reasoning(Text delta) noexcept;
  // Content that is neither, a part of a tool call for one.
  LLMTRACE_API StreamRecorder& content() noexcept;
  // As they came from the provider, cut anywhere.
  LLMTRACE_API StreamRecorder& bytes(Text received) noexcept;
  // Of an exchange whose bytes are recorded: what is known beside them. Whether it is a stream at all is then
  // for the worker to say.
  LLMTRACE_API StreamRecorder& set_exchange(const ExchangeHints& hints) noexcept;
  // The bytes so far were another response's: that of a redirect, or of a request that has to be sent again.
  LLMTRACE_API StreamRecorder& restart() noexcept;
  // Counts of the last call stay, where the span has none by another way.
  LLMTRACE_API StreamRecorder& usage(const Usage& usage) noexcept;

  // A piece of any type: text, ProviderBytes, or an object with any of `choices[0].delta.content`, `delta`,
  // `text`, `content`, `usage` and `model`.
  template <class Piece>
  StreamRecorder& add(const Piece& piece) {
    if (recording()) detail::add_piece(*this, piece);
    return *this;
  }
  // The same of what `project` makes of it.
  template <class Piece, class Project>
  StreamRecorder& add(const Piece& piece, Project& project) {
    if (recording()) detail::add_piece(*this, std::invoke(project, piece));
    return *this;
  }

  // For clients that call back with each piece: records it and calls `then`. One that returns false stops the
  // client, so the stream is cancelled. A pointer to characters comes with their number behind it. The
  // recorder must outlive it, and be told when the stream has ended.
  template <class Then>
  [[nodiscard]] auto on_piece(Then then) {
    return [this, then = std::move(then)](auto&& piece, auto&&... more) mutable -> decltype(auto) {
      this->add(detail::called_back_with(piece, more...));
      return this->pass_on(then, std::forward<decltype(piece)>(piece), std::forward<decltype(more)>(more)...);
    };
  }
  // The same with what the provider sent.
  template <class Then>
  [[nodiscard]] auto on_bytes(Then then) {
    return [this, then = std::move(then)](auto&& piece, auto&&... more) mutable -> decltype(auto) {
      this->bytes(detail::called_back_with(piece, more...));
      return this->pass_on(then, std::forward<decltype(piece)>(piece), std::forward<decltype(more)>(more)...);
    };
  }

  LLMTRACE_API void finish() noexcept;
  LLMTRACE_API void fail(const std::exception_ptr& error) noexcept;
  LLMTRACE_API void cancel() noexcept;

  // Tells another span the same, for as long as the stream lasts: that of a function which hands the stream
  // on. It stays open until the stream is over.
  LLMTRACE_API void also(const SpanRef& outer) noexcept;

 private:
  enum class Outcome : std::uint8_t { consumed, cancelled, failed };

  template <class Then, class... Args>
  decltype(auto) pass_on(Then& then, Args&&... args) {
    if constexpr (std::is_same_v<std::invoke_result_t<Then&, Args...>, bool>) {
      bool goes_on = std::invoke(then, std::forward<Args>(args)...);
      if (!goes_on) cancel();
      return goes_on;
    } else {
      return std::invoke(then, std::forward<Args>(args)...);
    }
  }

  struct Holding {};
  StreamRecorder(Holding, const SpanRef& span) noexcept { take_hold(span); }
  StreamRecorder(const StreamOptions& options, const SpanRef& adopted) noexcept;

  [[nodiscard]] detail::Handle context() const noexcept { return holds_ ? held_ : own_.ref().handle(); }
  LLMTRACE_API void let_adopt() noexcept;
  LLMTRACE_API void adopt_again() noexcept;
  void take_hold(const SpanRef& span) noexcept;
  [[nodiscard]] detail::Record* record_to_fill() const noexcept;
  void note_content(detail::Record& record) noexcept;
  void append(detail::Tag tag, std::string_view delta, std::uint64_t& seen) noexcept;
  void close(Outcome outcome) noexcept;
  void write_figures(detail::FieldWriter& to, detail::TracerCore& tracer) noexcept;
  void end() noexcept;

  ManualSpan own_;
  detail::Handle held_;  // another's span, with a reference to its tracestate
  bool holds_ = false;
  bool claimed_ = false;  // the span was free for a layer to fill, and this is the one
  bool captures_ = true;
  bool is_exchange_ = false;
  std::uint32_t session_ = 0;  // of the span that is held; 0: another stream holds it, and ends it
  std::uint64_t pieces_ = 0;
  std::uint64_t text_bytes_ = 0;
  std::uint64_t reasoning_bytes_ = 0;
  std::int64_t first_content_ = 0;
  Usage usage_;
  std::unique_ptr<StreamRecorder> also_;
};

namespace detail {

template <class Piece>
void add_piece_text(StreamRecorder& to, const Piece& piece) {
  if constexpr (has_delta<Piece>) {
    if constexpr (has_choice_count<Piece>)
      if (piece.choices.empty()) return static_cast<void>(to.text({}));  // the last one, with the usage
    const auto& choice = piece.choices[0];
    if constexpr (has_content<std::decay_t<decltype(choice.delta)>>) to.text(text_in(choice.delta.content));
    if constexpr (has_finish_reason<std::decay_t<decltype(choice)>>)
      if (!text_in(choice.finish_reason).empty()) to.span().add_finish_reason(text_in(choice.finish_reason));
  } else if constexpr (has_delta_text<Piece>) {
    to.text(text_in(piece.delta));
  } else if constexpr (has_text<Piece>) {
    to.text(text_in(piece.text));
  } else if constexpr (has_content<Piece>) {
    to.text(text_in(piece.content));
  }
}

template <class Piece>
void add_piece(StreamRecorder& to, const Piece& piece) {
  if constexpr (std::is_same_v<Piece, ProviderBytes>) {
    to.bytes(piece.bytes);
  } else if constexpr (is_text_v<Piece>) {
    to.text(piece);
  } else if constexpr (is_optional_like<Piece>::value) {
    if (piece.has_value()) add_piece(to, *piece);
  } else {
    add_piece_text(to, piece);
    if constexpr (has_usage<Piece>) to.usage(usage_in(piece));
    if constexpr (has_model<Piece>)
      if (!text_in(piece.model).empty() && !to.span().has_field(Tag::response_model))
        to.span().set_response_model(text_in(piece.model));
  }
}

// Takes pieces as they are.
struct AsItIs {
  template <class Piece>
  const Piece& operator()(const Piece& piece) const noexcept {
    return piece;
  }
};

// Moves a stream on, with its span as the current one. What it throws is recorded and flies on.
template <class Move>
void move_stream(StreamRecorder& recorder, Move&& move) {
  const StreamRecorder::Scope scope{recorder};
  try {
    move();
  } catch (...) {
    recorder.fail(std::current_exception());
    throw;
  }
}

}  // namespace detail

// A range whose span ends when it was consumed, was dropped or has thrown. It owns the range that it was made
// from, or refers to it, as that was given. Its iterators refer to it: do not move it while it is read.
template <class Range, class Project>
class TracedStream {
 public:
  TracedStream(StreamRecorder recorder, Range&& range, Project project)
      : recorder_{std::move(recorder)}, range_{std::forward<Range>(range)}, project_{std::move(project)} {}

  using InnerIterator = decltype(std::begin(std::declval<std::remove_reference_t<Range>&>()));
  using InnerEnd = decltype(std::end(std::declval<std::remove_reference_t<Range>&>()));

  struct Sentinel {};
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using reference = decltype(*std::declval<InnerIterator&>());
    using value_type = std::remove_cv_t<std::remove_reference_t<reference>>;
    using pointer = std::remove_reference_t<reference>*;

    Iterator(TracedStream& stream, InnerIterator at) : stream_{&stream}, at_{std::move(at)} {}

    reference operator*() const { return *at_; }
    auto operator->() const { return std::addressof(*at_); }
    Iterator& operator++() {
      detail::move_stream(stream_->recorder_, [&] { ++at_; });
      stream_->note(at_);
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, Sentinel) { return a.is_at_end(); }
    friend bool operator!=(const Iterator& a, Sentinel) { return !a.is_at_end(); }
    friend bool operator==(Sentinel, const Iterator& a) { return a.is_at_end(); }
    friend bool operator!=(Sentinel, const Iterator& a) { return !a.is_at_end(); }

   private:
    [[nodiscard]] bool is_at_end() const { return at_ == stream_->inner_end(); }

    TracedStream* stream_;
    mutable InnerIterator at_;
  };

  [[nodiscard]] Iterator begin() {
    std::optional<InnerIterator> first;
    detail::move_stream(recorder_, [&] { first.emplace(std::begin(range_)); });
    note(*first);
    return {*this, std::move(*first)};
  }
  [[nodiscard]] Sentinel end() const noexcept { return {}; }

  [[nodiscard]] StreamRecorder& recorder() noexcept { return recorder_; }
  // Used by traced() and LLMTRACE_RETURN: the span of the function that hands the stream on tells the same.
  void record_also_in(const SpanRef& span) noexcept { recorder_.also(span); }

 private:
  [[nodiscard]] InnerEnd inner_end() { return std::end(range_); }
  void note(InnerIterator& at) {
    if (at == inner_end())
      recorder_.finish();
    else
      recorder_.add(*at, project_);
  }

  StreamRecorder recorder_;
  Range range_;
  Project project_;
};

// A range that is given by its two ends.
template <class Iterator, class End>
struct StreamEnds {
  Iterator first;
  End last;
  [[nodiscard]] Iterator begin() { return std::move(first); }
  [[nodiscard]] End end() const { return last; }
};

// `range` as a traced stream. `project` makes of a piece what StreamRecorder::add() takes.
template <class Range, class Project = detail::AsItIs>
[[nodiscard]] TracedStream<Range, Project> trace_stream(const StreamOptions& options, Range&& range,
                                                        Project project = {}) {
  return {StreamRecorder{options}, std::forward<Range>(range), std::move(project)};
}

namespace detail {

template <class... Args>
void record_call(const SpanRef& span, bool captures, const Args&... args) {
  Filler filler{span, true};
  if (captures && filler.recording()) describe_safely(span, [&] { record_arguments(filler, args...); });
}

template <class Fn, class Project>
class TracedStreamFunction {
 public:
  TracedStreamFunction(StreamOptions options, Fn fn, Project project)
      : options_{std::move(options)}, fn_{std::move(fn)}, project_{std::move(project)} {}

  template <class... Args>
  auto operator()(Args&&... args) {
    StreamRecorder recorder{options_};
    record_call(recorder.span(), options_.capture_inputs, args...);
    using Range = std::invoke_result_t<Fn&, Args...>;
    std::optional<Opened<Range>> opened;
    move_stream(recorder,
                [&] { opened.emplace(Opened<Range>{std::invoke(fn_, std::forward<Args>(args)...)}); });
    return TracedStream<Range, Project>{std::move(recorder), std::forward<Range>(opened->range), project_};
  }

 private:
  template <class Range>
  struct Opened {
    Range range;
  };

  StreamOptions options_;
  Fn fn_;
  Project project_;
};

}  // namespace detail

// `fn`, which returns a range, so that what it returns is a traced stream. Arguments are its input.
template <class Fn, class Project = detail::AsItIs>
[[nodiscard]] auto traced_stream(StreamOptions options, Fn&& fn, Project project = {}) {
  return detail::TracedStreamFunction<std::decay_t<Fn>, Project>{std::move(options), std::forward<Fn>(fn),
                                                                 std::move(project)};
}

LLMTRACE_END_NAMESPACE
