#include "channels/meta/meta.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

#include "channels/contact_builder.h"
#include "channels/json.h"
#include "channels/json_writer.h"
#include "channels/meta/lead.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "domain/reasons.h"

namespace carnet::channels::meta {
namespace {

// The form's test button sends ids of nothing but fours.
bool IsTestId(std::string_view id) {
  return id.size() >= 8 && std::all_of(id.begin(), id.end(), [](char c) { return c == '4'; });
}

void ReadLeadgen(const Json& entry, const Json& value, Meaning* meaning) {
  const std::string lead = IdText(value["leadgen_id"]);
  std::string page = IdText(value["page_id"]);
  if (page.empty()) page = IdText(entry["id"]);
  if (lead.empty()) {
    meaning->unusable.push_back({"meta|leadgen|" + page,
                                 {std::string(domain::reason::kExternalIdMalformed),
                                  "a lead's notice without the lead's id"}});
  } else if (IsTestId(lead) || IsTestId(page)) {
    meaning->ignored.push_back("a test lead");
  } else {
    meaning->fetches.push_back({.key = "meta|leadgen|" + lead, .id = lead, .account = page});
  }
}

std::string DigitsOf(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  return digits;
}

bool IsPhone(std::string_view text) {
  return DigitsOf(text).size() >= 7 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || c == '+' || c == ' ' || c == '-' || c == '.' ||
                  c == '(' || c == ')';
         });
}

// A phone or e-mail counts only where its owner pressed the button that offers it: what is typed
// into a message may be anybody's. Such a button sends the address as its payload and shows it;
// buttons of the shop's own show other words.
void AddExplicitReply(const Json& message, ContactBuilder* builder) {
  const std::string payload = Trimmed(message["quick_reply"]["payload"].text());
  const std::string text = Trimmed(message["text"].text());
  if (payload.find('@') != std::string::npos) {
    if (text.empty() || LowerCase(text) == LowerCase(payload)) builder->Email(payload);
  } else if (IsPhone(payload)) {
    if (text.empty() || (IsPhone(text) && DigitsOf(text) == DigitsOf(payload)))
      builder->Phone(payload);
  }
}

// Why an event of a conversation says nothing, or empty.
std::string_view WhyIgnored(const Json& event) {
  const Json& message = event["message"];
  if (message["is_echo"].is_true()) return "an echo of what the shop wrote";
  if (message["is_deleted"].is_true()) return "a message that was taken back";
  if (event.has("delivery")) return "a delivery notice";
  if (event.has("read") || event.has("seen")) return "a notice that it was read";
  if (event.has("reaction")) return "a reaction";
  if (event.has("message_edit")) return "an edit of a message";
  const bool says_something =
      message.is_object() || event.has("postback") || event.has("optin") || event.has("referral");
  if (!says_something) return "an event of a conversation without a message";
  return {};
}

void ReadMessaging(const Json& entry, const Json& event, bool instagram, Meaning* meaning) {
  if (const std::string_view why = WhyIgnored(event); !why.empty()) {
    meaning->ignored.emplace_back(why);
    return;
  }
  const std::string account = IdText(entry["id"]);
  if (account.empty()) {
    // The console's test button sends 0 for the page's id.
    meaning->ignored.emplace_back("an event of no page: a test");
    return;
  }
  const std::string sender = IdText(event["sender"]["id"]);
  if (sender.empty()) {
    meaning->ignored.push_back("a message without a sender's id");
    return;
  }
  if (sender == account) {
    meaning->ignored.push_back("an echo of what the shop wrote");
    return;
  }
  Item item{.account = account};
  const std::string mid = event["message"]["mid"].text().empty() ? event["postback"]["mid"].text()
                                                                 : event["message"]["mid"].text();
  item.key = mid.empty()
                 ? absl::StrCat("meta|", account, "|", sender, "|", event["timestamp"].text())
                 : "meta|mid|" + mid;
  ContactMeaning& contact = item.contact.emplace();
  contact.op = ContactOp::kUpsert;
  // Scoped: the same person has another id on every page and account. Never a phone.
  contact.external_id = instagram ? absl::StrCat("instagram:", account, ":igsid:", sender)
                                  : absl::StrCat("page:", account, ":psid:", sender);
  item.occurred_at_micros = ParseUnixTime(event["timestamp"]);
  ContactBuilder builder(&contact.contact);
  AddExplicitReply(event["message"], &builder);
  meaning->items.push_back(std::move(item));
}

void ReadEntry(const Json& entry, bool instagram, Meaning* meaning) {
  for (const Json& change : entry["changes"].items()) {
    const std::string& field = change["field"].text();
    if (field == "leadgen") {
      ReadLeadgen(entry, change["value"], meaning);
    } else if (field == "messages" || field == "messaging_postbacks") {
      // Instagram's, as some versions of its API wrap them.
      ReadMessaging(entry, change["value"], instagram, meaning);
    } else {
      meaning->ignored.push_back("field " + CutUtf8(field, 60) + " says nothing of customers");
    }
  }
  for (const Json& event : entry["messaging"].items())
    ReadMessaging(entry, event, instagram, meaning);
  if (!entry["standby"].items().empty())
    meaning->ignored.push_back("a conversation that another app leads (standby)");
}

// hub.mode=subscribe&hub.verify_token=…&hub.challenge=… as a query string.
Meaning ReadHandshake(std::string_view query) {
  Meaning meaning = Ignored("handshake: the challenge is echoed");
  constexpr std::string_view kChallenge = "hub.challenge=";
  const size_t at = query.find(kChallenge);
  if (at == std::string_view::npos) return meaning;
  query.remove_prefix(at + kChallenge.size());
  meaning.answer = std::string(query.substr(0, query.find('&')));
  return meaning;
}

// signed_request={signature}.{payload}, both base64url, as a form: how Meta passes on that somebody
// wants to be forgotten. It signs the payload's text and sends no header.
struct SignedRequest {
  std::string signature;
  std::string_view payload;  // encoded
};
std::optional<SignedRequest> ParseSignedRequest(std::string_view body) {
  constexpr std::string_view kName = "signed_request=";
  if (!body.starts_with(kName)) return std::nullopt;
  body.remove_prefix(kName.size());
  body = body.substr(0, body.find('&'));
  const size_t dot = body.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  auto signature = DecodeBase64Url(body.substr(0, dot));
  if (!signature) return std::nullopt;
  return SignedRequest{*std::move(signature), body.substr(dot + 1)};
}

// The id that comes with it is the app's, known to no page and no form: who it is must be found out
// by a person. Meta wants to hear where its user can ask, and a code.
Meaning ReadDeletion(const Delivery& delivery, const SignedRequest& request) {
  const auto text = DecodeBase64Url(request.payload);
  const auto payload = text ? Json::Parse(*text) : std::nullopt;
  const std::string user = payload ? IdText((*payload)["user_id"]) : std::string();
  const std::string code = Sha256Hex(request.payload).substr(0, 16);
  if (user.empty()) {
    return UnusableBody("meta|deletion|" + code, domain::reason::kUnparsable,
                        "a wish to be forgotten that names nobody");
  }
  const std::string what =
      absl::StrCat("find out who the app's user ", user, " is, and erase them; code ", code);
  Meaning meaning = Ignored("somebody wants to be forgotten: a task for a person, no change");
  meaning.alerts.push_back("data deletion: " + what);
  meaning.tasks.push_back({"meta|deletion|" + code, {"DELETION_REQUESTED", what}});
  meaning.answer = ObjectWriter()
                       .AddText("url", absl::StrCat(delivery.url, "?deletion=", code))
                       .AddText("confirmation_code", code)
                       .Take();
  return meaning;
}

}  // namespace

Meaning Read(const Delivery& delivery) {
  if (const auto request = ParseSignedRequest(delivery.body))
    return ReadDeletion(delivery, *request);
  const std::string whole = Trimmed(delivery.body);
  if (whole.find("hub.challenge=") != std::string::npos && !whole.starts_with("{"))
    return ReadHandshake(
        whole.substr(whole.find('?') == std::string::npos ? 0 : whole.find('?') + 1));
  const auto body = Json::Parse(delivery.body);
  if (!body || !body->is_object()) {
    return UnusableBody("meta|" + Sha256Hex(delivery.body), domain::reason::kUnparsable,
                        "the body is no JSON object");
  }
  const bool is_lead = delivery.topic.starts_with("GET ") || body->has("field_data") ||
                       (body->has("error") && !body->has("object"));
  if (is_lead) {
    // One, or a page of a form's, of which the hash is taken once.
    Meaning leads;
    const Json& page = (*body)["data"];
    if (!page.is_array()) leads = ReadLead(delivery, *body);
    Delivery of_page = delivery;
    const std::string hash = page.is_array() ? Sha256Hex(delivery.body) : std::string();
    of_page.body = hash;
    for (const Json& lead : page.items()) Append(ReadLead(of_page, lead), &leads);
    if (page.is_array() && page.items().empty()) leads = Ignored("a page without leads");
    leads.was_fetched = true;
    return leads;
  }
  const std::string& object = (*body)["object"].text();
  if (object.empty()) {
    return UnusableBody("meta|" + Sha256Hex(delivery.body), domain::reason::kUnparsable,
                        "the body does not say what it is about");
  }
  if (object != "page" && object != "instagram")
    return Ignored("object " + CutUtf8(object, 60) + " is neither a page nor Instagram");
  Meaning meaning;
  for (const Json& entry : (*body)["entry"].items())
    ReadEntry(entry, object == "instagram", &meaning);
  if (meaning.says_nothing() && meaning.ignored.empty())
    meaning.ignored.push_back("a body without entries");
  return meaning;
}

bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets) {
  if (const auto request = ParseSignedRequest(delivery.body)) {
    bool is_right = false;
    for (const std::string& secret : secrets)
      is_right |= SameBytes(request->signature, HmacSha256(secret, request->payload));
    return is_right;
  }
  // The older X-Hub-Signature is SHA-1 and not looked at.
  std::string_view header = delivery.Header("x-hub-signature-256");
  constexpr std::string_view kPrefix = "sha256=";
  if (!header.starts_with(kPrefix)) return false;
  const auto signature = DecodeHex(header.substr(kPrefix.size()));
  if (!signature) return false;
  bool is_signed = false;
  for (const std::string& secret : secrets)
    is_signed |= SameBytes(*signature, HmacSha256(secret, delivery.body));
  return is_signed;
}

}  // namespace carnet::channels::meta
