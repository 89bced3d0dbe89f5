// From a published change to the record that is appended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/change.pb.h"
#include "event_log/event_log.h"
#include "gateway/clock.h"
#include "gateway/kept_delivery.h"
#include "gateway/merchants.h"
#include "vault/key_ring.h"
#include "vault/lookup.h"
#include "vault/sealer.h"

namespace carnet::gateway {

// A change, ready to be appended.
struct PreparedChange {
  int32_t partition = 0;
  event_log::Record record;  // used up by the append
  // By which its outcome is found again.
  std::string merchant;
  Uuid id;
  std::string content_hash;
  int64_t recorded_at_micros = 0;
};

// May be used from any thread.
class Preparer {
 public:
  struct Parts {
    Merchants* merchants;
    vault::KeyRing* keys;
    vault::PhoneNormalizer* phones;
    Clock* clock;
  };
  // All parts must outlive this.
  explicit Preparer(const Parts& parts);

  // Checks, canonicalises, hashes, stamps and seals a change, which is used up. Keys that must be
  // durable before the record is appended are added to `new_keys`. Errors: INVALID_ARGUMENT with a
  // reason of domain/reasons.h and the path of the field ("change.body.posting.total");
  // FAILED_PRECONDITION(KEY_MISSING), UNAVAILABLE: the vault's. `keeping`: the delivery that it was
  // made of, if that is to be kept.
  absl::Status Prepare(v1::Change* change, PreparedChange* prepared, vault::NewKeys* new_keys,
                       Keeping* keeping = nullptr) const;

  // Attaches the delivery that all these changes were made of to the first one of them that is no
  // dead letter, and says so with the others. Nothing is kept where policy keeps none, where a
  // change is about somebody who was forgotten or wishes to be, where the changes are of several
  // merchants, or where a record would become too large. `keeping`: of all that were prepared;
  // `changes`: those that are appended. `new_keys` as above. Errors: the vault's.
  absl::Status Keep(const log::v1::DeliveryContent& content, Keeping keeping,
                    const std::vector<PreparedChange*>& changes, vault::NewKeys* new_keys) const;

 private:
  Merchants* const merchants_;
  Clock* const clock_;
  vault::KeyRing* const keys_;
  const vault::Lookup lookup_;
  const vault::Sealer sealer_;
};

}  // namespace carnet::gateway
