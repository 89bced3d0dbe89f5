#include "query/page_token.h"

#include "absl/strings/escaping.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/sha256.h"
#include "query/reasons.h"

namespace carnet::query {
namespace {

// check (8 bytes) · generation (4) · last key. The check is over the list's name and all that
// follows: not a seal, only a way to tell garbage from a token.
constexpr size_t kCheckBytes = 8;
constexpr size_t kHeadBytes = kCheckBytes + 4;

std::string Check(std::string_view list, std::string_view rest) {
  std::string text(list);
  text.push_back('\0');
  text.append(rest);
  return Sha256(text).substr(0, kCheckBytes);
}

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::StatusOr<int> PageSize(int32_t requested) {
  if (requested < 0 || requested > kMaxPageSize) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kPageSize,
                 "page_size must be between 1 and 1000, or 0 for 100", "page_size");
  }
  return requested == 0 ? kDefaultPageSize : requested;
}

std::string FormatPageToken(std::string_view list, uint32_t generation, std::string_view last_key) {
  std::string rest;
  AppendBigEndian32(generation, &rest);
  rest.append(last_key);
  return absl::WebSafeBase64Escape(Check(list, rest) + rest);
}

absl::StatusOr<std::string> ParsePageToken(std::string_view list, uint32_t generation,
                                           size_t key_size, std::string_view token) {
  if (token.empty()) return std::string();
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(View(token), &bytes) || bytes.size() != kHeadBytes + key_size ||
      Check(list, std::string_view(bytes).substr(kCheckBytes)) != bytes.substr(0, kCheckBytes)) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kPageTokenMalformed,
                 "page_token is not one that this list gave: pass it back as it came, with the "
                 "same request",
                 "page_token");
  }
  if (ReadBigEndian32(std::string_view(bytes).substr(kCheckBytes)) != generation) {
    return Error(
        absl::StatusCode::kFailedPrecondition, reason::kPageTokenExpired,
        "the views were rebuilt since this page was read: begin again without a page_token",
        "page_token");
  }
  return bytes.substr(kHeadBytes);
}

}  // namespace carnet::query
