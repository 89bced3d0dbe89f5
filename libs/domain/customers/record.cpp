#include "domain/customers/record.h"

#include <utility>

#include "domain/customers/policy.h"
#include "domain/form.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {

using carnet::log::v1::RecordRow;

Uuid RecordId(std::string_view merchant, std::string_view channel, std::string_view source,
              std::string_view external_id, uint32_t life) {
  return Uuid::FromFields({merchant, channel, source, external_id, std::to_string(life)});
}

Uuid ContactRecordId(std::string_view merchant, std::string_view channel, std::string_view source,
                     std::string_view external_id, const std::optional<Uuid>& customer_id,
                     uint32_t life) {
  if (customer_id) return RecordId(merchant, channel, source, customer_id->ToString(), life);
  return RecordId(merchant, channel, source, external_id, life);
}

Uuid SealedFor(const carnet::log::v1::Change& change) {
  if (change.external_id().empty() && change.customer_id().empty())
    return Uuid::FromBytes(change.id()).value_or(Uuid());
  return ContactRecordId(change.merchant(), change.channel(), change.source(), change.external_id(),
                         Uuid::FromBytes(change.customer_id()), change.life());
}

RecordRow CreateRecord(Step* step, const Uuid& record, std::string_view external_id, bool derived) {
  RecordRow row;
  row.set_channel(step->change.channel());
  row.set_source(step->change.source());
  row.set_external_id(std::string(external_id));
  row.set_external_id_derived(derived);
  row.set_created_change_number(step->number);
  row.set_created_at_micros(step->recorded_at);
  if (step->merchant.policy_change_number() != 0) ApplyPolicyToNewRecord(step, &row);
  step->feed.CustomerCreated(record);
  PutRow(&step->state, Family::kRecords, RecordKey(step->merchant_name(), record), row);
  return row;
}

RecordRow FindOrCreateRecord(Step* step, const Uuid& record, std::string_view external_id,
                             bool derived) {
  RecordRow row;
  if (GetRow(step->state, Family::kRecords, RecordKey(step->merchant_name(), record), &row))
    return row;
  return CreateRecord(step, record, external_id, derived);
}

Addressee ResolveAddressee(Step* step) {
  const auto& change = step->change;
  std::string ignored;
  // A record has an account row from its first voucher on, and that row is smaller than the card:
  // look there first.
  const auto exists = [&](const Account& account) {
    return account.exists() ||
           step->state.Get(Family::kRecords, RecordKey(change.merchant(), account.record()),
                           &ignored);
  };
  const auto with_company = [&](Account account) {
    const Uuid record = account.record();
    const auto company = Uuid::FromBytes(account.company());
    if (!company) return Addressee{.account = std::move(account), .record = record};
    step->contact = record;
    return Addressee{.account = Account(step, *company), .record = record};
  };
  if (!change.customer_id().empty()) {
    Account account(step, *Uuid::FromBytes(change.customer_id()));  // the form has been checked
    if (!exists(account)) {
      return {.account = std::nullopt, .record = Uuid(), .unknown_customer = true};
    }
    const bool erased = account.erased_at().has_value();
    Addressee addressee = with_company(std::move(account));
    addressee.erased = erased;
    return addressee;
  }
  if (change.external_id().empty()) return {};
  if (step->merchant.has_walk_in_ids() &&
      step->state.Get(Family::kPolicies,
                      WalkInKey(change.merchant(), change.source(), change.external_id()),
                      &ignored)) {
    step->Flag(flag::kWalkIn);
    return {};
  }
  const auto in_life = [&](uint32_t life) {
    return Account(step, RecordId(change.merchant(), change.channel(), change.source(),
                                  change.external_id(), life));
  };
  Account account = in_life(0);
  const Uuid first = account.record();
  // Who was forgotten: what is said of the time before that is theirs, what comes later somebody's
  // whom nobody knows yet. (A gateway may know of more lives than this fold, where an erasure was
  // put into quarantine: the values are sealed for the last one.)
  for (uint32_t life = 0; account.erased_at() || life < change.life();) {
    if (account.erased_at() && step->as_of() <= *account.erased_at()) {
      Addressee addressee = with_company(std::move(account));
      addressee.erased = true;
      return addressee;
    }
    account = in_life(++life);
    // The gateway had not heard of it.
    if (life > change.life() && HoldsSealedValues(change.body())) step->drop_personal = true;
  }
  const bool created = !exists(account);
  const bool follows_erased = account.record() != first;
  if (created) {
    CreateRecord(step, account.record(), change.external_id(), change.external_id_derived());
  }
  Addressee addressee = with_company(std::move(account));
  addressee.created = created;
  addressee.follows_erased = follows_erased;
  return addressee;
}

std::optional<Uuid> ParseCustomerId(std::string_view text) {
  constexpr std::string_view kPrefix = "customers/";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return Uuid::Parse(text);
}

std::optional<Uuid> CustomerOfRecord(const Reader& state, std::string_view merchant,
                                     const Uuid& record) {
  RecordRow row;
  if (!GetRow(state, Family::kRecords, RecordKey(merchant, record), &row)) return std::nullopt;
  return Uuid::FromBytes(row.customer_id()).value_or(record);
}

}  // namespace carnet::domain
