#include "channels/meta/graph.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "channels/json.h"
#include "channels/values.h"

namespace carnet::channels::meta {
namespace {

// Application/x-www-form-urlencoded without its plus signs.
std::string Encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return encoded;
}

// Token expired, revoked or malformed; a permission missing; no session.
bool IsAboutToken(int64_t code) {
  return code == 190 || code == 102 || code == 104 || code == 2500 || code == 3 || code == 10 ||
         (code >= 200 && code <= 299);
}

// Limits of app, user, page, calls, and of business use cases.
bool IsAboutRate(int64_t code) {
  return code == 4 || code == 17 || code == 32 || code == 613 || (code >= 80000 && code <= 80014);
}

}  // namespace

std::string LeadUrl(std::string_view graph_url, std::string_view lead, std::string_view token) {
  return absl::StrCat(std::string(graph_url), "/", Encoded(lead), "?access_token=", Encoded(token));
}

GraphAnswer JudgeLead(int http_status, std::string_view body, std::string_view lead) {
  using Kind = GraphAnswer::Kind;
  const auto json = Json::Parse(body);
  int64_t code = 0;
  const bool has_code = json && absl::SimpleAtoi((*json)["error"]["code"].text(), &code);
  const std::string status = absl::StrCat("HTTP ", http_status);
  if (has_code) {
    const std::string subcode = (*json)["error"]["error_subcode"].text().substr(0, 20);
    const std::string why =
        absl::StrCat(status, ", error ", code, subcode.empty() ? "" : absl::StrCat("/", subcode));
    if (IsAboutToken(code)) return {Kind::kToken, why};
    return {IsAboutRate(code) || http_status == 429 ? Kind::kTooMany : Kind::kFailed, why};
  }
  if (http_status == 401 || http_status == 403) return {Kind::kToken, status};
  if (http_status == 429) return {Kind::kTooMany, status};
  if (http_status != 200) return {Kind::kFailed, status};
  if (!json || !json->is_object()) return {Kind::kFailed, "the answer is no JSON object"};
  if (json->has("error")) return {Kind::kFailed, absl::StrCat(status, ", an error without a code")};
  if (IdText((*json)["id"]) != lead) return {Kind::kFailed, "the answer is not that lead"};
  return {Kind::kLead, ""};
}

}  // namespace carnet::channels::meta
