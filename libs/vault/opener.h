// Sealed personal values back to plain ones: what a read does to what it shows.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"
#include "carnet/v1/change.pb.h"
#include "carnet/v1/contact.pb.h"
#include "vault/delivery_box.h"
#include "vault/key_ring.h"
#include "vault/record_opener.h"

namespace carnet::vault {

// May be called from any thread. `record_id` is always the one that the values were sealed for: of
// a customer with several source records, open each record's cells with its own id.
//
// Opening turns `sealed` into `plain` and `normalized`, keeps `flags` and drops all tokens. A value
// whose key is gone (erased) becomes an empty Personal: neither plain nor sealed, no flags.
//
// Errors: KeyRing's; DATA_LOSS(SEAL_BROKEN): a value is damaged or was sealed for another merchant,
// record or field.
class Opener {
 public:
  // `keys` must outlive the opener.
  explicit Opener(KeyRing* keys) : keys_(keys) {}

  // `keys`: those that were read already; the others are asked for.
  absl::Status Open(std::string_view merchant, const Uuid& record_id, v1::Contact* contact,
                    const KeyBatch* keys = nullptr) const;
  absl::Status Open(std::string_view merchant, const Uuid& record_id, v1::Body* body) const;

  // As vault::OpenDelivery().
  absl::StatusOr<bool> OpenDelivery(std::string_view merchant, const Uuid& change_id,
                                    const log::v1::KeptDelivery& kept,
                                    log::v1::DeliveryContent* content) const {
    return vault::OpenDelivery(keys_, merchant, change_id, kept, content);
  }

  // For opening many records, one after the other; see RecordOpener and KeyRing::KeysOfRecords().
  RecordOpener OpenerOf(std::string_view merchant, const KeyBatch* keys) const {
    return RecordOpener(keys_, merchant, keys);
  }
  absl::Status ReadKeys(std::string_view merchant, const Uuid& first, const Uuid& last,
                        KeyBatch* keys) const {
    return keys_->KeysOfRecords(merchant, first, last, keys);
  }

  // One value that stands alone. `field_path` is where it was sealed: "contact" and the path inside
  // Contact
  // ("contact.addresses.street"), or the path inside Body ("posting.note"); no indexes.
  absl::Status OpenValue(std::string_view merchant, const Uuid& record_id,
                         std::string_view field_path, v1::Personal* value) const;

 private:
  KeyRing* const keys_;
};

}  // namespace carnet::vault
