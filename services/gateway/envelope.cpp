#include "gateway/envelope.h"

#include <string>
#include <string_view>

#include "base/civil_date.h"
#include "domain/fold.h"
#include "domain/form.h"
#include "domain/reasons.h"

namespace carnet::gateway {
namespace {

namespace reason = domain::reason;
using domain::FormError;

constexpr size_t kMaxActorBytes = 128;
constexpr int32_t kMaxOffsetMinutes = 18 * 60;
// What google.protobuf.Timestamp can say: years 1 to 9999.
constexpr int64_t kFirstSecond = -62135596800;
constexpr int64_t kLastSecond = 253402300799;

FormError Malformed(std::string_view reason, std::string_view field, std::string_view detail) {
  return {reason, std::string(field), std::string(detail)};
}

std::optional<FormError> CheckName(const std::string& name, std::string_view field) {
  if (domain::IsName(name)) return std::nullopt;
  return Malformed(
      reason::kNameMalformed, field,
      "give a name of 1 to 63 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit");
}

std::optional<FormError> ReadCustomer(const v1::Change& change, Envelope* envelope) {
  if (!change.external_id().empty() && !domain::IsExternalId(change.external_id())) {
    return Malformed(reason::kExternalIdMalformed, "external_id",
                     "an external id has 1 to 128 bytes, none of them zero");
  }
  if (change.customer().empty()) return std::nullopt;
  if (!change.external_id().empty()) {
    return Malformed(reason::kCustomerMalformed, "customer",
                     "give external_id or customer, not both");
  }
  envelope->customer = ParseCustomer(change.customer());
  if (envelope->customer) return std::nullopt;
  return Malformed(reason::kCustomerMalformed, "customer",
                   "write customers/{id}, or the id alone; an id is a UUID");
}

std::optional<FormError> ReadLinked(const v1::Body& body) {
  const auto check = [](const std::string& text,
                        std::string_view field) -> std::optional<FormError> {
    if (ParseCustomer(text)) return std::nullopt;
    return Malformed(reason::kCustomerMalformed, field,
                     "write customers/{id}, or the id alone; an id is a UUID");
  };
  if (body.has_link_customers()) {
    if (auto error = check(body.link_customers().customer(), "body.link_customers.customer"))
      return error;
    return check(body.link_customers().other(), "body.link_customers.other");
  }
  if (const v1::ContactObserved* said = domain::ContactSaidIn(body)) {
    const std::string root = body.has_contact_observed() ? "body.contact_observed"
                             : body.has_posting()        ? "body.posting.contact"
                                                         : "body.order_observed.contact";
    const auto check_if_any = [&](const std::string& text, std::string_view field) {
      return text.empty() ? std::nullopt : check(text, root + std::string(field));
    };
    if (auto error = check_if_any(said->contact().company(), ".contact.company")) return error;
    if (auto error =
            check_if_any(said->contact().referrer().customer(), ".contact.referrer.customer"))
      return error;
    return check_if_any(said->duplicate_of(), ".duplicate_of");
  }
  if (body.has_distinguish_customers()) {
    if (auto error =
            check(body.distinguish_customers().customer(), "body.distinguish_customers.customer"))
      return error;
    return check(body.distinguish_customers().other(), "body.distinguish_customers.other");
  }
  if (body.has_unlink_customers()) {
    if (auto error = check(body.unlink_customers().customer(), "body.unlink_customers.customer"))
      return error;
    return check(body.unlink_customers().other(), "body.unlink_customers.other");
  }
  return std::nullopt;
}

std::optional<FormError> ReadTimes(const v1::Change& change, Envelope* envelope) {
  if (change.has_occurred_at()) {
    const auto& at = change.occurred_at();
    if (at.seconds() < kFirstSecond || at.seconds() > kLastSecond || at.nanos() < 0 ||
        at.nanos() > 999'999'999) {
      return Malformed(reason::kTimeMalformed, "occurred_at",
                       "an instant is in the years 1 to 9999");
    }
    envelope->occurred_at_micros = at.seconds() * 1'000'000 + at.nanos() / 1000;
  }
  if (!change.effective_date().empty()) {
    envelope->effective_day = ParseCivilDay(change.effective_date());
    if (!envelope->effective_day) {
      return Malformed(reason::kTimeMalformed, "effective_date",
                       "write a day of the calendar as YYYY-MM-DD");
    }
  }
  const int32_t offset = change.utc_offset_minutes();
  if (offset < -kMaxOffsetMinutes || offset > kMaxOffsetMinutes) {
    return Malformed(reason::kTimeMalformed, "utc_offset_minutes",
                     "an offset is between -1080 and 1080 minutes");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Uuid> ParseCustomer(std::string_view text) {
  constexpr std::string_view kPrefix = "customers/";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return Uuid::Parse(text);
}

std::optional<FormError> ReadEnvelope(const v1::Change& change, Envelope* envelope) {
  const auto id = Uuid::Parse(change.id());
  if (!id || id->is_nil()) {
    return Malformed(
        reason::kIdMissing, "id",
        "give every change a UUID of its own, as in 0190163d-8694-739b-aea5-966c26f8ad91");
  }
  envelope->id = *id;
  if (auto error = CheckName(change.merchant(), "merchant")) return error;
  if (auto error = CheckName(change.channel(), "channel")) return error;
  if (auto error = CheckName(change.source(), "source")) return error;
  if (auto error = ReadCustomer(change, envelope)) return error;
  if (auto error = ReadLinked(change.body())) return error;
  if ((change.body().has_record_deleted() || change.body().has_customer_archived() ||
       change.body().has_customer_erased()) &&
      change.external_id().empty() && change.customer().empty()) {
    return Malformed(reason::kExternalIdMalformed, "external_id",
                     "name the record by external_id, or the customer");
  }
  if (auto error = ReadTimes(change, envelope)) return error;
  if (change.intent() != v1::INTENT_FACT && change.intent() != v1::INTENT_REQUEST) {
    return Malformed(reason::kIntentMissing, "intent",
                     "say INTENT_FACT (it happened) or INTENT_REQUEST (it is asked for)");
  }
  if (change.body().kind_case() == v1::Body::KIND_NOT_SET) {
    return Malformed(reason::kBodyMissing, "body", "say what happened: exactly one of the kinds");
  }
  if (change.actor().size() > kMaxActorBytes) {
    return Malformed(reason::kValueTooLong, "actor", "an actor has at most 128 bytes");
  }
  if (change.body().rules_version_activated().version() > domain::kRulesVersion) {
    return Malformed("RULES_TOO_NEW", "body.rules_version_activated.version",
                     "this gateway knows rules up to version " +
                         std::to_string(domain::kRulesVersion) + ": upgrade it first");
  }
  return std::nullopt;
}

}  // namespace carnet::gateway
