// Deliveries that are kept as they came (log.v1.KeptDelivery): the fold never looks into them, but
// knows when their keys must go.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/delivery.pb.h"
#include "domain/step.h"

namespace carnet::domain {

// For how long deliveries are kept where policy does not say.
inline constexpr int32_t kDefaultDeliveryDays = 30;
inline constexpr int32_t kMaxDeliveryDays = 3650;

// Under whose keys a merchant's deliveries of a day are sealed, as values are under a source
// record's: all of them; and besides, those that may speak of somebody whom no change names.
Uuid DeliveryDay(std::string_view merchant, int32_t day);
Uuid NamelessDeliveryDay(std::string_view merchant, int32_t day);

// Remembers in the merchant's row that deliveries of that day are kept; whether that is news. One
// that comes too late (its day was dropped already; or it may speak of whoever was forgotten since)
// has its key deleted again. Of every record that has a delivery, whatever becomes of the change.
bool NoteDelivery(const carnet::log::v1::Change& change, carnet::log::v1::MerchantRow* merchant,
                  Overlay* state);

// At an erasure: adds what may speak of whoever is forgotten without a name.
void TakeNamelessDeliveries(Step* step, std::set<Uuid>* sealed_for);

Verdict ApplyDeliveriesDropped(Step* step, const carnet::v1::DeliveriesDropped& dropped);

}  // namespace carnet::domain
