// The check digits that cards and bank accounts carry.
#pragma once

#include <cstddef>
#include <string_view>

namespace llmtrace::privacy {

// `digits` is a card number: of a length and a beginning that an issuer has, with the right check digit.
[[nodiscard]] bool is_card_number(std::string_view digits) noexcept;

// How long an IBAN is that begins with these two letters, in either case; 0 when no country has them.
[[nodiscard]] std::size_t iban_length(char first, char second) noexcept;

// `compact` is letters and digits without spaces.
[[nodiscard]] bool has_valid_iban_check(std::string_view compact) noexcept;

// Eight groups of up to four hex digits, of which "::" may stand for some, with IPv4 at the end if need be.
// Texts that are more likely code ("a::b") are none.
[[nodiscard]] bool is_ipv6(std::string_view text) noexcept;

}  // namespace llmtrace::privacy
