// The records as the views hold them, for the change at hand: only what is asked for is read, and
// read once.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "carnet/log/v1/identity_rows.pb.h"
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

  // The row of a value: whoever writes it, writes it here too.
  carnet::log::v1::SharedValueRow* Value(carnet::v1::IdentityTokenKind kind, uint64_t token) const;
  // What was read of a record is forgotten: it was written.
  void Forget(const Uuid& id) { cards_.erase(id); }

 private:
  const Reader* state_;
  std::string_view merchant_;
  mutable std::map<Uuid, std::unique_ptr<Card>> cards_;
  mutable std::map<std::pair<int, uint64_t>, carnet::log::v1::SharedValueRow> values_;
};

}  // namespace carnet::domain::identity
