// The records as the views hold them, for the change at hand: only what is asked for is read, and
// read once.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "domain/identity/clusters.h"
#include "domain/state.h"

namespace carnet::domain::identity {

class StoredRecords final : public Records {
 public:
  // Both must outlive this.
  StoredRecords(const Reader& state, std::string_view merchant)
      : state_(&state), merchant_(merchant) {}

  const Card* Find(const Uuid& id) const override;
  std::vector<Uuid> With(carnet::v1::IdentityTokenKind kind, uint64_t token,
                         uint32_t* count) const override;

  // What was read of a record or a value is forgotten: it was written.
  void Forget(const Uuid& id) { cards_.erase(id); }
  void Forget(carnet::v1::IdentityTokenKind kind, uint64_t token) { values_.erase({kind, token}); }

 private:
  struct Value {
    std::vector<Uuid> records;
    uint32_t count = 0;
  };

  const Reader* state_;
  std::string_view merchant_;
  mutable std::map<Uuid, std::unique_ptr<Card>> cards_;
  mutable std::map<std::pair<int, uint64_t>, Value> values_;
};

}  // namespace carnet::domain::identity
