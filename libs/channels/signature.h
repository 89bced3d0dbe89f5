// Signatures over raw bytes. Compared as bytes of the right length, in constant time, and only in
// the one form in which the sender writes them: no spare bits of base64, no other case of hex.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carnet::channels {

// 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view data);

// 64 hex digits.
std::string Sha256Hex(std::string_view data);

// Nothing for what is not in canonical form (RFC 4648 with padding; lower-case hex).
std::optional<std::string> DecodeBase64(std::string_view text);
// The URL-safe alphabet, without padding.
std::optional<std::string> DecodeBase64Url(std::string_view text);
std::optional<std::string> DecodeHex(std::string_view text);

// In a time that depends on the lengths alone.
bool SameBytes(std::string_view a, std::string_view b);

// &amp; &lt; &gt; &quot; &#039; and their like as the characters they stand for.
std::string DecodeHtmlEntities(std::string_view text);

}  // namespace carnet::channels
