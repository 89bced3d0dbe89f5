#include "domain/customers/record.h"

#include "domain/keys.h"

namespace carnet::domain {

using carnet::log::v1::RecordRow;

Uuid RecordId(std::string_view merchant, std::string_view channel, std::string_view source,
              std::string_view external_id, uint32_t life) {
  return Uuid::FromFields({merchant, channel, source, external_id, std::to_string(life)});
}

Uuid ContactRecordId(std::string_view merchant, std::string_view channel, std::string_view source,
                     std::string_view external_id, const std::optional<Uuid>& customer_id) {
  if (customer_id) return RecordId(merchant, channel, source, customer_id->ToString());
  return RecordId(merchant, channel, source, external_id);
}

RecordRow CreateRecord(Step* step, const Uuid& record, std::string_view external_id, bool derived) {
  RecordRow row;
  row.set_channel(step->change.channel());
  row.set_source(step->change.source());
  row.set_external_id(std::string(external_id));
  row.set_external_id_derived(derived);
  row.set_created_change_number(step->number);
  row.set_created_at_micros(step->recorded_at);
  step->feed.CustomerCreated(record);
  PutRow(&step->state, Family::kRecords, RecordKey(step->merchant_name(), record), row);
  return row;
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
  if (!change.customer_id().empty()) {
    Account account(step, *Uuid::FromBytes(change.customer_id()));  // the form has been checked
    if (!exists(account)) return {.account = std::nullopt, .unknown_customer = true};
    return {.account = std::move(account)};
  }
  if (change.external_id().empty()) return {};
  Account account(
      step, RecordId(change.merchant(), change.channel(), change.source(), change.external_id()));
  if (!exists(account)) {
    CreateRecord(step, account.record(), change.external_id(), change.external_id_derived());
  }
  return {.account = std::move(account)};
}

}  // namespace carnet::domain
