#include "domain/customers/deliveries.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/civil_date.h"
#include "domain/customers/erasure.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::KeptDelivery;
using carnet::log::v1::MerchantRow;

Uuid DayId(std::string_view merchant, int32_t day, std::string_view which) {
  return Uuid::FromFields({"kept deliveries", merchant, std::to_string(day), which});
}

uint64_t LateKey(int32_t day, bool nameless) {
  return kLateDeliveryErasure | uint64_t{static_cast<uint32_t>(day)} << 1 | (nameless ? 1U : 0U);
}

}  // namespace

Uuid DeliveryDay(std::string_view merchant, int32_t day) { return DayId(merchant, day, "all"); }

Uuid NamelessDeliveryDay(std::string_view merchant, int32_t day) {
  return DayId(merchant, day, "nameless");
}

bool NoteDelivery(const carnet::log::v1::Change& change, MerchantRow* merchant, Overlay* state) {
  const KeptDelivery& delivery = change.delivery();
  const int32_t day = delivery.received_day();
  if (delivery.key_ids().empty() || day < kFirstCivilDay || day > kLastCivilDay) return false;
  const std::string& name = change.merchant();
  const int64_t recorded_at =
      std::max(merchant->last_recorded_at_micros(), change.recorded_at_micros());
  if (delivery.nameless() && merchant->has_last_erasure_day() &&
      day <= merchant->last_erasure_day()) {
    PutErasure(name, LateKey(day, /*nameless=*/true), recorded_at, {NamelessDeliveryDay(name, day)},
               /*keys_only=*/true, state);
  }
  if (merchant->has_deliveries_dropped_before_day() &&
      day < merchant->deliveries_dropped_before_day()) {
    PutErasure(name, LateKey(day, /*nameless=*/false), recorded_at, {DeliveryDay(name, day)},
               /*keys_only=*/true, state);
    return false;
  }
  const bool known = merchant->has_first_delivery_day();
  if (known && merchant->first_delivery_day() <= day && day <= merchant->last_delivery_day())
    return false;
  merchant->set_first_delivery_day(known ? std::min(merchant->first_delivery_day(), day) : day);
  merchant->set_last_delivery_day(known ? std::max(merchant->last_delivery_day(), day) : day);
  return true;
}

void TakeNamelessDeliveries(Step* step, std::set<Uuid>* sealed_for) {
  MerchantRow& row = step->merchant;
  if (row.has_first_delivery_day()) {
    int32_t day = row.first_delivery_day();
    // Those up to the erasure before are gone.
    if (row.has_last_erasure_day()) day = std::max(day, row.last_erasure_day() + 1);
    for (; day <= row.last_delivery_day(); ++day)
      sealed_for->insert(NamelessDeliveryDay(step->merchant_name(), day));
  }
  row.set_last_erasure_day(step->recorded_day);
}

Verdict ApplyDeliveriesDropped(Step* step, const carnet::v1::DeliveriesDropped& dropped) {
  const auto before = ParseCivilDay(dropped.before_date());
  if (!before || *before > step->recorded_day + 1) {
    return Verdict::Rejected(reason::kTimeMalformed,
                             "deliveries of days to come can't be dropped: give at most tomorrow");
  }
  MerchantRow& row = step->merchant;
  if (!row.has_deliveries_dropped_before_day() || row.deliveries_dropped_before_day() < *before)
    row.set_deliveries_dropped_before_day(*before);
  if (!row.has_first_delivery_day() || row.first_delivery_day() >= *before) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  std::set<Uuid> sealed_for;
  const int32_t end = std::min(*before, row.last_delivery_day() + 1);
  for (int32_t day = row.first_delivery_day(); day < end; ++day)
    sealed_for.insert(DeliveryDay(step->merchant_name(), day));
  PutErasure(step->merchant_name(), step->number, step->recorded_at, sealed_for,
             /*keys_only=*/true, &step->state);
  if (row.last_delivery_day() < *before) {
    row.clear_first_delivery_day();
    row.clear_last_delivery_day();
  } else {
    row.set_first_delivery_day(*before);
  }
  return Verdict::Applied();
}

}  // namespace carnet::domain
