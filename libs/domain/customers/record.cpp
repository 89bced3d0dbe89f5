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
  // A record has an account row from its first voucher on, and that row is small: look there first.
  const auto exists = [&](const Uuid& record) {
    const std::string key = RecordKey(change.merchant(), record);
    return step->state.Get(Family::kAccounts, key, &ignored) ||
           step->state.Get(Family::kRecords, key, &ignored);
  };
  if (!change.customer_id().empty()) {
    const auto record = Uuid::FromBytes(change.customer_id());
    if (!record || !exists(*record)) return {.record = std::nullopt, .unknown_customer = true};
    return {.record = record};
  }
  if (change.external_id().empty()) return {};
  const Uuid record =
      RecordId(change.merchant(), change.channel(), change.source(), change.external_id());
  if (!exists(record)) {
    CreateRecord(step, record, change.external_id(), change.external_id_derived());
  }
  return {.record = record};
}

}  // namespace carnet::domain
