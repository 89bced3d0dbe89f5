// Deliveries that are kept as they came: compressed, and sealed under several keys together.
#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "vault/key_ring.h"

namespace carnet::vault {

// Sets `kept`'s keys and box. The box is sealed under a key that is made of the newest keys of all
// of `sealed_for` (at least one; source records, and domain::DeliveryDay()s): it can't be opened
// any more once one of them is erased. `change_id` is the change that it is attached to.
//
// Keys that must be persisted before the change is appended are added to `new_keys`. Errors:
// KeyRing::SealingKey's.
absl::Status SealDelivery(KeyRing* ring, std::string_view merchant, const Uuid& change_id,
                          std::span<const Uuid> sealed_for, const log::v1::DeliveryContent& content,
                          log::v1::KeptDelivery* kept, NewKeys* new_keys);

// False: a key of it was erased. Errors: KeyRing::OpeningKey's; DATA_LOSS(SEAL_BROKEN): it is
// damaged, or of another merchant or change; FAILED_PRECONDITION(WORDS_TOO_NEW): a newer version
// kept it.
absl::StatusOr<bool> OpenDelivery(KeyRing* ring, std::string_view merchant, const Uuid& change_id,
                                  const log::v1::KeptDelivery& kept,
                                  log::v1::DeliveryContent* content);

}  // namespace carnet::vault
