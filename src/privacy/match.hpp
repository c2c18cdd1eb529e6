// What a matcher finds: a range of a text, and what lies there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrace::privacy {

enum class Finding : std::uint8_t {
  key,     // an API key of a provider, by its own shape
  token,   // a bearer token or a JWT
  pem,     // a PEM block
  secret,  // whatever stands behind a name like `password`
  email,
  phone,
  card,
  iban,
  ip,
  ssn,
  personal,  // whatever stands behind a name like `phone`
  literal,   // one of the user's own texts
  failed,    // nobody knows: the search itself gave up
};

// "[redacted:email]", …: plain ASCII that no JSON and no terminal needs to escape.
[[nodiscard]] constexpr std::string_view replacement(Finding what) noexcept {
  switch (what) {
    case Finding::key: return "[redacted:key]";
    case Finding::token: return "[redacted:token]";
    case Finding::pem: return "[redacted:pem]";
    case Finding::secret: return "[redacted:secret]";
    case Finding::email: return "[redacted:email]";
    case Finding::phone: return "[redacted:phone]";
    case Finding::card: return "[redacted:card]";
    case Finding::iban: return "[redacted:iban]";
    case Finding::ip: return "[redacted:ip]";
    case Finding::ssn: return "[redacted:ssn]";
    case Finding::personal: return "[redacted:personal]";
    case Finding::literal: return "[redacted:literal]";
    case Finding::failed: break;
  }
  return "[redacted:failed]";
}

struct Match {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::size_t begin = none;
  std::size_t end = none;
  Finding what = Finding::failed;

  [[nodiscard]] bool found() const noexcept { return begin != none; }
};

// Stands where the middle of a text was lost, and a secret may have lost its end.
inline constexpr std::string_view gap_mark = "\xE2\x80\xA6";

// A text while it is searched. `work` counts what matchers do beyond the one pass that everything costs, in
// steps of a few instructions; a text that asks for too much is given up, and hidden as a whole.
struct Subject {
  std::string_view text;
  bool is_cut = false;  // its end may be the middle of something: what begins like a secret there is one
  std::size_t work = 0;
  std::size_t resume = 0;  // what was read has shown that no secret begins before here

  [[nodiscard]] char at(std::size_t i) const noexcept { return i < text.size() ? text[i] : '\0'; }
  [[nodiscard]] bool ends_in_cut(std::size_t end) const noexcept {
    return is_cut && (end == text.size() || text.substr(end).starts_with(gap_mark));
  }
  // Beyond the usual limit of a field there is less patience: ten megabytes are to take no longer than 100
  // ms.
  [[nodiscard]] std::size_t budget() const noexcept {
    constexpr std::size_t usual = 1u << 20;
    const std::size_t beyond = text.size() > usual ? text.size() - usual : 0;
    return 5 * (text.size() - beyond) + beyond * 3 / 4 + 16'384;
  }
  [[nodiscard]] bool is_exhausted() const noexcept { return work > budget(); }
};

}  // namespace llmtrace::privacy
