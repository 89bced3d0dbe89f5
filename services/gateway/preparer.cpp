#include "gateway/preparer.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include <google/protobuf/arena.h>

#include "base/civil_date.h"
#include "base/error.h"
#include "carnet/log/v1/log.pb.h"
#include "domain/customers/policy.h"
#include "domain/customers/record.h"
#include "domain/fold.h"
#include "domain/form.h"
#include "domain/reasons.h"
#include "gateway/canonical.h"
#include "gateway/envelope.h"
#include "gateway/erased.h"
#include "vault/content_hash.h"

namespace carnet::gateway {
namespace {

constexpr size_t kUuidTextSize = 36;

absl::Status Refused(const domain::FormError& error) {
  const std::string field = error.field.empty() ? "change" : absl::StrCat("change.", error.field);
  return Error(absl::StatusCode::kInvalidArgument, error.reason,
               absl::StrCat(field, ": ", error.detail), field);
}

// False only where it is certain that nothing needs a seal: most sales are spared all of the vault.
bool MayHoldPersonalData(const v1::Body& body) {
  switch (body.kind_case()) {
    case v1::Body::kPosting:
      return body.posting().has_note() || body.posting().has_contact();
    case v1::Body::kSetDebt:
      return body.set_debt().has_note();
    case v1::Body::kReversal:
      return body.reversal().has_note();
    case v1::Body::kPolicyChanged:
    case v1::Body::kRecordDeleted:
    case v1::Body::kCustomerArchived:
    case v1::Body::kCustomerErased:
    case v1::Body::kDeliveriesDropped:
      return false;
    case v1::Body::kOrderObserved:
      return body.order_observed().has_contact() || body.order_observed().snapshot().has_note();
    default:
      return true;
  }
}

}  // namespace

Preparer::Preparer(const Parts& parts)
    : merchants_(parts.merchants),
      clock_(parts.clock),
      keys_(parts.keys),
      lookup_(parts.keys, parts.phones),
      sealer_(parts.keys, parts.phones) {}

absl::Status Preparer::Prepare(v1::Change* change, PreparedChange* prepared,
                               vault::NewKeys* new_keys, Keeping* keeping) const {
  // Form.
  if (auto error = domain::CheckFields(*change, domain::PersonalForm::kPlain))
    return Refused(*error);
  Envelope envelope;
  if (auto error = ReadEnvelope(*change, &envelope)) return Refused(*error);
  if (auto error = Canonicalize(envelope, change)) return Refused(*error);

  const absl::StatusOr<Merchant*> found = merchants_->Find(change->merchant());
  if (!found.ok()) return found.status();
  Merchant& merchant = **found;

  // What was said, before anything is added or sealed.
  static thread_local std::string canonical;
  CanonicalBytes(change, &canonical);
  prepared->content_hash = vault::ContentHash(merchant.keys, canonical);
  prepared->merchant = change->merchant();
  prepared->id = envelope.id;
  prepared->partition = merchant.partition;

  google::protobuf::Arena own_arena;
  google::protobuf::Arena* arena = change->GetArena() != nullptr ? change->GetArena() : &own_arena;
  auto* record = google::protobuf::Arena::CreateMessage<log::v1::LogRecord>(arena);
  log::v1::Change* out = record->mutable_change();
  out->set_id(envelope.id.bytes().data(), Uuid::kSize);
  out->set_content_hash(prepared->content_hash);
  out->set_merchant(change->merchant());
  out->set_channel(std::move(*change->mutable_channel()));
  out->set_source(std::move(*change->mutable_source()));
  out->set_external_id(std::move(*change->mutable_external_id()));
  if (envelope.customer) out->set_customer_id(envelope.customer->bytes().data(), Uuid::kSize);
  out->set_actor(std::move(*change->mutable_actor()));
  out->set_intent(change->intent());
  if (change->has_preconditions())
    out->mutable_preconditions()->Swap(change->mutable_preconditions());
  out->mutable_body()->Swap(change->mutable_body());
  out->set_rules_version(domain::kRulesVersion);

  // As policy wants it: its defaults, and nothing that it switches off. The hash is over what was
  // said, so that a second try under another policy is still the same change.
  const auto policy_row = merchants_->Policy(out->merchant(), merchant.partition);
  const v1::MerchantPolicy& policy = policy_row->policy();
  const std::string& country =
      policy.country().empty() ? merchant.settings.country : policy.country();
  v1::ContactObserved* const said = domain::ContactSaidIn(out->mutable_body());
  v1::Contact* const contact = said == nullptr ? nullptr : said->mutable_contact();
  if (contact != nullptr && policy_row->change_number() != 0) {
    domain::DropSwitchedOff(policy, out->channel(), contact);
  }

  // Who, where the channel has no id for them.
  if (contact != nullptr && out->external_id().empty() && !envelope.customer) {
    auto derived = lookup_.DerivedExternalId(out->merchant(), *contact, country);
    if (!derived.ok()) return derived.status();
    out->set_external_id(derived->empty() ? envelope.id.ToString() : *std::move(derived));
    out->set_external_id_derived(true);
  } else if (contact != nullptr && out->external_id().size() == kUuidTextSize &&
             out->external_id() == envelope.id.ToString()) {
    // A record of this very change's: its id is no more than it would have been.
    out->set_external_id_derived(true);
  }

  // When.
  const int64_t recorded_at = merchant.StampAt(clock_->NowMicros());
  prepared->recorded_at_micros = recorded_at;
  const int32_t books_offset = policy.has_utc_offset_minutes()
                                   ? policy.utc_offset_minutes()
                                   : merchant.settings.utc_offset_minutes;
  const int32_t offset =
      change->has_utc_offset_minutes() ? change->utc_offset_minutes() : books_offset;
  const int64_t occurred_at = envelope.occurred_at_micros.value_or(recorded_at);
  out->set_recorded_at_micros(recorded_at);
  out->set_recorded_day(CivilDayOf(recorded_at, books_offset));
  out->set_utc_offset_minutes(offset);
  out->set_occurred_at_micros(occurred_at);
  const int32_t day =
      envelope.effective_day ? *envelope.effective_day : CivilDayOf(occurred_at, offset);
  if (day < kFirstCivilDay || day > kLastCivilDay) {
    return Refused(
        {domain::reason::kTimeMalformed, "occurred_at", "its day is outside the calendar"});
  }
  out->set_effective_day(day);

  const bool may_hold_personal_data = MayHoldPersonalData(out->body());
  std::optional<uint32_t> life = 0;
  if (may_hold_personal_data || keeping != nullptr) life = LifeOf(*keys_, *out);
  if (may_hold_personal_data) {
    if (life) {
      out->set_life(*life);
      absl::Status sealed = sealer_.Seal(out->merchant(), domain::SealedFor(*out), country,
                                         out->mutable_body(), new_keys);
      if (!sealed.ok()) return sealed;
    } else {
      ForgetPerson(out->mutable_body());
    }
  }
  if (out->body().has_policy_changed()) {
    absl::Status marked = sealer_.AddBlockedTokens(
        out->merchant(), country, out->mutable_body()->mutable_policy_changed()->mutable_policy());
    if (!marked.ok()) return marked;
  }

  prepared->record.key = out->merchant();
  record->SerializeToString(&prepared->record.value);
  if (prepared->record.key.size() + prepared->record.value.size() > event_log::kMaxRecordBytes) {
    return Refused({domain::reason::kRecordTooLarge, "",
                    absl::StrCat("the change has ", prepared->record.value.size(),
                                 " bytes when sealed; the most is ", event_log::kMaxRecordBytes)});
  }
  if (keeping != nullptr) keeping->Note(*out, life, policy, books_offset);
  return absl::OkStatus();
}

}  // namespace carnet::gateway
