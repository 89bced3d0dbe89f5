#include "domain/fold.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/civil_date.h"
#include "base/error.h"
#include "domain/customers/archive.h"
#include "domain/customers/contact.h"
#include "domain/customers/deliveries.h"
#include "domain/customers/erasure.h"
#include "domain/customers/links.h"
#include "domain/customers/policy.h"
#include "domain/customers/record.h"
#include "domain/form.h"
#include "domain/keys.h"
#include "domain/ledger/assignments.h"
#include "domain/ledger/book_dates.h"
#include "domain/ledger/postings.h"
#include "domain/ledger/reversals.h"
#include "domain/orders/orders.h"
#include "domain/reasons.h"
#include "domain/step.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::Change;
using carnet::log::v1::ChangeRow;
using carnet::log::v1::DeadLetterRow;
using carnet::log::v1::MerchantRow;
using carnet::v1::Body;
using carnet::v1::Outcome;

constexpr size_t kHashBytes = 16;
constexpr int kMaxOffsetMinutes = 18 * 60;

FormError Malformed(std::string_view reason, std::string field, std::string detail) {
  return {reason, std::move(field), std::move(detail)};
}

// The envelope, then what is in it. The order is the precedence of reasons.h.
std::optional<FormError> CheckForm(const Change& change) {
  if (auto error = CheckFields(change, PersonalForm::kSealed)) return error;
  if (change.id().size() != Uuid::kSize)
    return Malformed(reason::kIdMissing, "id", "an id has 16 bytes");
  if (change.content_hash().size() != kHashBytes) {
    return Malformed(reason::kUnparsable, "content_hash", "a content hash has 16 bytes");
  }
  if (!IsName(change.channel()))
    return Malformed(reason::kNameMalformed, "channel", "a channel is [a-z0-9][a-z0-9._-]{0,62}");
  if (!IsName(change.source()))
    return Malformed(reason::kNameMalformed, "source", "a source is [a-z0-9][a-z0-9._-]{0,62}");
  if (!change.customer_id().empty() &&
      (change.customer_id().size() != Uuid::kSize || !change.external_id().empty())) {
    return Malformed(reason::kCustomerMalformed, "customer_id",
                     "a customer id has 16 bytes and stands instead of an external id");
  }
  if (!change.external_id().empty() && !IsExternalId(change.external_id())) {
    return Malformed(reason::kExternalIdMalformed, "external_id",
                     "an external id has 1 to 128 bytes, none of them zero");
  }
  if (IsAboutRecord(change.body()) && change.external_id().empty() &&
      change.customer_id().empty()) {
    return Malformed(reason::kExternalIdMalformed, "external_id", "a contact needs an external id");
  }
  if (change.actor().size() > 128)
    return Malformed(reason::kValueTooLong, "actor", "an actor has at most 128 bytes");
  const auto in_calendar = [](int32_t day) {
    return day >= kFirstCivilDay && day <= kLastCivilDay;
  };
  if (!in_calendar(change.effective_day()) || !in_calendar(change.recorded_day()) ||
      std::abs(change.utc_offset_minutes()) > kMaxOffsetMinutes ||
      change.recorded_at_micros() < 0) {
    return Malformed(reason::kTimeMalformed, "effective_day",
                     "a day or offset is outside the calendar");
  }
  return CheckBody(change.body(), change.intent(), change.preconditions());
}

Verdict ApplyRulesVersion(Step* step, const carnet::v1::RulesVersionActivated& activated) {
  const uint32_t current = std::max(step->merchant.rules_version(), 1U);
  if (activated.version() <= current) {
    step->Flag(flag::kNoChange);
  } else {
    step->merchant.set_rules_version(activated.version());
  }
  return Verdict::Applied();
}

Verdict ApplyBody(Step* step) {
  const Body& body = step->change.body();
  Addressee addressee = ResolveAddressee(step);
  Account* const account = addressee.account ? &*addressee.account : nullptr;
  if (account != nullptr) step->record = addressee.record;
  if (addressee.unknown_customer) {
    if (!step->is_fact())
      return Verdict::Rejected(reason::kNotFound, "there is no customer with that id");
    step->Flag(flag::kUnknownCustomer);
  }
  if (addressee.erased && !body.has_customer_erased()) {
    if (!step->is_fact()) {
      return Verdict::Rejected(
          reason::kCustomerErased,
          "this customer was forgotten: only accounts without a name are left");
    }
    step->drop_personal = true;
  }
  if (step->drop_personal) ForgetWhatWasSaid(step);
  step->effective_day = EffectiveDay(step);
  switch (body.kind_case()) {
    case Body::kContactObserved:
      return ApplyContactObserved(step, addressee, body.contact_observed(), /*observed=*/false);
    case Body::kPosting: {
      const Verdict verdict = ApplyPosting(step, account, body.posting());
      if (!verdict.applied() || !body.posting().has_contact()) return verdict;
      return ApplyContactObserved(step, addressee, body.posting().contact(), /*observed=*/true);
    }
    case Body::kSetDebt:
      return ApplySetDebt(step, account, body.set_debt());
    case Body::kReversal:
      return ApplyReversal(step, body.reversal());
    case Body::kLinkCustomers:
      return ApplyLink(step, body.link_customers());
    case Body::kUnlinkCustomers:
      return ApplyUnlink(step, body.unlink_customers());
    case Body::kAssignVoucher:
      return ApplyAssignVoucher(step, account, body.assign_voucher());
    case Body::kSetBookDates:
      return ApplySetBookDates(step, body.set_book_dates());
    case Body::kDistinguishCustomers:
      return ApplyDistinguish(step, body.distinguish_customers());
    case Body::kRulesVersionActivated:
      return ApplyRulesVersion(step, body.rules_version_activated());
    case Body::kPolicyChanged:
      return ApplyPolicyChanged(step, body.policy_changed());
    case Body::kConsentRecorded:
      return ApplyConsentRecorded(step, body.consent_recorded());
    case Body::kRecordDeleted:
      return ApplyRecordDeleted(step, addressee);
    case Body::kCustomerArchived:
      return ApplyCustomerArchived(step, addressee, body.customer_archived());
    case Body::kCustomerErased:
      return ApplyCustomerErased(step, addressee);
    case Body::kOrderObserved: {
      const auto& order = body.order_observed();
      const Verdict verdict = ApplyOrder(step, account, order);
      if (!verdict.applied() || !order.has_contact()) return verdict;
      return ApplyContactObserved(step, addressee, order.contact(), /*observed=*/true);
    }
    case Body::kDeliveriesDropped:
      return ApplyDeliveriesDropped(step, body.deliveries_dropped());
    case Body::kUnusableDelivery:
      return Verdict::DeadLetter(body.unusable_delivery().reason(),
                                 body.unusable_delivery().detail());
    case Body::KIND_NOT_SET:
      break;
  }
  return Verdict::DeadLetter(reason::kBodyMissing, "the body is empty");
}

std::string ResourceName(const std::string& record) {
  const auto id = Uuid::FromBytes(record);
  return id ? "customers/" + id->ToString() : std::string();
}

void FillOutcome(const ChangeRow& row, Outcome* outcome) {
  outcome->set_status(row.status());
  outcome->set_reason(row.reason());
  *outcome->mutable_flags() = row.flags();
  outcome->set_change_number(row.number());
  outcome->set_voucher_code(row.voucher_code());
  outcome->set_record(ResourceName(row.record()));
  outcome->set_detail(row.detail());
  outcome->set_duplicates(row.duplicates());
  outcome->set_reuses(row.reuses());
  *outcome->mutable_violations() = row.violations();
}

// What a change comes to whose id was used before.
void FillRepeated(const Change& change, const ChangeRow& first, Outcome* outcome) {
  if (first.content_hash() == change.content_hash()) {
    FillOutcome(first, outcome);
    outcome->set_first_status(first.status());
    outcome->set_status(carnet::v1::OUTCOME_STATUS_DUPLICATE);
    return;
  }
  outcome->set_status(carnet::v1::OUTCOME_STATUS_REJECTED);
  outcome->set_reason(std::string(reason::kIdReused));
  outcome->set_change_number(first.number());
  outcome->set_duplicates(first.duplicates());
  outcome->set_reuses(first.reuses());
  outcome->set_detail("this id was used for other content: publish this under a new id");
}

// The same id again: nothing of the change counts, but that it came does.
void FoldRepeat(const Change& change, const std::string& key, ChangeRow row, Overlay* state,
                Outcome* outcome) {
  if (row.content_hash() == change.content_hash()) {
    row.set_duplicates(row.duplicates() + 1);
  } else {
    row.set_reuses(row.reuses() + 1);
  }
  if (change.has_delivery()) {
    MerchantRow merchant;
    const std::string merchant_key = MerchantKey(change.merchant());
    GetRow(*state, Family::kMerchants, merchant_key, &merchant);
    if (NoteDelivery(change, &merchant, state))
      PutRow(state, Family::kMerchants, merchant_key, merchant);
  }
  FillRepeated(change, row, outcome);
  PutRow(state, Family::kChanges, key, row);
}

std::string Detail(const FormError& error) {
  return error.field.empty() ? error.detail : error.field + ": " + error.detail;
}

absl::Status RulesTooNew(uint32_t wanted) {
  return Error(absl::StatusCode::kFailedPrecondition, "RULES_TOO_NEW",
               "a change needs rules version " + std::to_string(wanted) + ", this binary knows " +
                   std::to_string(kRulesVersion) + ": upgrade it");
}

absl::Status FoldAnyChange(const Change& change, Overlay* state, Outcome* outcome) {
  outcome->Clear();
  if (change.rules_version() > kRulesVersion) return RulesTooNew(change.rules_version());
  if (change.body().rules_version_activated().version() > kRulesVersion) {
    return RulesTooNew(change.body().rules_version_activated().version());
  }
  if (const auto error = CheckForm(change)) {
    FoldDeadLetter(change, error->reason, Detail(*error), state, outcome);
    return absl::OkStatus();
  }

  const std::string change_key = ChangeKey(change.merchant(), *Uuid::FromBytes(change.id()));
  ChangeRow row;
  if (GetRow(*state, Family::kChanges, change_key, &row) && row.number() != 0) {
    FoldRepeat(change, change_key, std::move(row), state, outcome);
    return absl::OkStatus();
  }

  MerchantRow merchant;
  const std::string merchant_key = MerchantKey(change.merchant());
  GetRow(*state, Family::kMerchants, merchant_key, &merchant);
  // Clocks of gateways differ; the books' own time does not go back.
  merchant.set_last_recorded_at_micros(
      std::max(merchant.last_recorded_at_micros(), change.recorded_at_micros()));
  merchant.set_last_recorded_day(
      merchant.last_change_number() == 0
          ? change.recorded_day()
          : std::max(merchant.last_recorded_day(), change.recorded_day()));
  merchant.set_last_change_number(merchant.last_change_number() + 1);
  if (change.has_delivery()) NoteDelivery(change, &merchant, state);

  Step step{.change = change,
            .state = *state,
            .merchant = merchant,
            .number = merchant.last_change_number(),
            .recorded_at = merchant.last_recorded_at_micros(),
            .recorded_day = merchant.last_recorded_day(),
            .effective_day = merchant.last_recorded_day()};
  state->Begin();
  const Verdict verdict = ApplyBody(&step);
  if (verdict.applied()) {
    step.feed.Write(change.merchant(), step.number, step.recorded_at, &step.merchant, state);
    merchant = std::move(step.merchant);
    state->Commit();
  } else {
    state->RollBack();
  }
  if (verdict.status == carnet::v1::OUTCOME_STATUS_DEAD_LETTER) {
    FoldDeadLetter(change, verdict.reason, verdict.detail, state, outcome);
    return absl::OkStatus();
  }
  PutRow(state, Family::kMerchants, merchant_key, merchant);
  if (!verdict.applied()) RememberStraySeal(change, merchant, step.number, state);

  row.set_number(step.number);
  row.set_content_hash(change.content_hash());
  row.set_recorded_at_micros(change.recorded_at_micros());
  row.set_status(verdict.status);
  row.set_reason(std::string(verdict.reason));
  row.set_detail(verdict.detail);
  row.clear_flags();
  // What was remarked of a change that did not come about is no part of its outcome.
  if (verdict.status == carnet::v1::OUTCOME_STATUS_REJECTED) step.flags.clear();
  std::sort(step.flags.begin(), step.flags.end());
  step.flags.erase(std::unique(step.flags.begin(), step.flags.end()), step.flags.end());
  for (std::string_view flag : step.flags) row.add_flags(std::string(flag));
  row.clear_violations();
  if (verdict.status == carnet::v1::OUTCOME_STATUS_REJECTED) {
    for (auto& violation : step.violations) row.add_violations()->Swap(&violation);
  }
  if (verdict.status != carnet::v1::OUTCOME_STATUS_REJECTED) {
    row.set_voucher(step.voucher);
    row.set_voucher_code(step.voucher_code);
    if (step.record) row.set_record(std::string(step.record->bytes()));
  }
  PutRow(state, Family::kChanges, change_key, row);
  FillOutcome(row, outcome);
  return absl::OkStatus();
}

}  // namespace

absl::Status FoldChange(const Change& change, Overlay* state, Outcome* outcome) {
  try {
    return FoldAnyChange(change, state, outcome);
  } catch (const InvariantFailed& failed) {
    if (state->in_savepoint()) state->RollBack();
    return Error(absl::StatusCode::kInternal, "INVARIANT_FAILED",
                 std::string("it does not hold that ") + failed.what() +
                     ": a bug, or views that were damaged. Keep the log, report it, and fold the "
                     "views anew");
  }
}

void FoldDeadLetter(const Change& change, std::string_view reason, std::string_view detail,
                    Overlay* state, Outcome* outcome) {
  outcome->Clear();
  outcome->set_status(carnet::v1::OUTCOME_STATUS_DEAD_LETTER);
  outcome->set_reason(std::string(reason));
  outcome->set_detail(std::string(detail));

  MerchantRow merchant;
  const std::string merchant_key = MerchantKey(change.merchant());
  GetRow(*state, Family::kMerchants, merchant_key, &merchant);
  const bool noted = change.has_delivery() && NoteDelivery(change, &merchant, state);
  const auto id = Uuid::FromBytes(change.id());
  std::string change_key;
  ChangeRow row;
  if (id) {
    change_key = ChangeKey(change.merchant(), *id);
    GetRow(*state, Family::kChanges, change_key, &row);
    if (row.dead_letter() != 0) {
      const std::string key = DeadLetterKey(change.merchant(), row.dead_letter());
      DeadLetterRow last;
      GetRow(*state, Family::kDeadLetters, key, &last);
      if (last.content_hash() == change.content_hash() && last.reason() == reason) {
        last.set_duplicates(last.duplicates() + 1);
        PutRow(state, Family::kDeadLetters, key, last);
        if (noted) PutRow(state, Family::kMerchants, merchant_key, merchant);
        return;
      }
    }
  }
  const uint64_t number = merchant.last_dead_letter() + 1;
  merchant.set_last_dead_letter(number);
  PutRow(state, Family::kMerchants, merchant_key, merchant);
  DeadLetterRow letter;
  letter.set_reason(std::string(reason));
  letter.set_detail(std::string(detail));
  if (id) letter.set_change_id(change.id());
  letter.set_content_hash(change.content_hash());
  letter.set_recorded_at_micros(
      std::max(merchant.last_recorded_at_micros(), change.recorded_at_micros()));
  PutRow(state, Family::kDeadLetters, DeadLetterKey(change.merchant(), number), letter);
  if (!id) return;
  RememberStraySeal(change, merchant, kDeadLetterErasure | number, state);
  row.set_dead_letter(number);
  if (row.number() == 0) {  // an id that was applied keeps its outcome
    row.set_content_hash(change.content_hash());
    row.set_status(carnet::v1::OUTCOME_STATUS_DEAD_LETTER);
    row.set_reason(std::string(reason));
    row.set_detail(std::string(detail));
  }
  PutRow(state, Family::kChanges, change_key, row);
}

bool ReadOutcome(const Reader& state, std::string_view merchant, const Uuid& change_id,
                 Outcome* outcome) {
  ChangeRow row;
  if (!GetRow(state, Family::kChanges, ChangeKey(merchant, change_id), &row)) return false;
  outcome->Clear();
  FillOutcome(row, outcome);
  return true;
}

bool ReadOutcomeOf(const Reader& state, const Change& change, Outcome* outcome) {
  const auto id = Uuid::FromBytes(change.id());
  ChangeRow row;
  if (!id || !GetRow(state, Family::kChanges, ChangeKey(change.merchant(), *id), &row))
    return false;
  outcome->Clear();
  const bool is_first =
      row.number() == 0 || (row.content_hash() == change.content_hash() &&
                            row.recorded_at_micros() == change.recorded_at_micros());
  if (is_first) {
    FillOutcome(row, outcome);
  } else {
    FillRepeated(change, row, outcome);
  }
  return true;
}

}  // namespace carnet::domain
