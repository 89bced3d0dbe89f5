// The records as the views hold them, for the change at hand: only what is asked for is read, and
// read once.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/container/node_hash_map.h"

#include "domain/identity/clusters.h"
#include "domain/state.h"

namespace carnet::domain::identity {

class StoredRecords final : public Records {
 public:
  // Both must outlive this.
  StoredRecords(const Reader& state, std::string_view merchant)
      : state_(&state), merchant_(merchant) {}

  const Card* Find(const Uuid& id) const override;
  const Holders& With(carnet::v1::IdentityTokenKind kind, uint64_t token) const override;

  // For who writes: what it changes here it writes to the views.
  Holders* MutableWith(carnet::v1::IdentityTokenKind kind, uint64_t token) const;
  // What was read of a record is forgotten: it was written.
  void Forget(const Uuid& id) { cards_.erase(id); }

 private:
  const Reader* state_;
  std::string_view merchant_;
  // For look-ups alone; what they hold stays where it is.
  mutable absl::node_hash_map<Uuid, Card> cards_;
  mutable absl::node_hash_map<std::pair<int, uint64_t>, Holders> values_;
};

}  // namespace carnet::domain::identity
