#include "domain/identity/stored_records.h"

#include "carnet/log/v1/identity_rows.pb.h"
#include "domain/identity/shared_values.h"
#include "domain/keys.h"

namespace carnet::domain::identity {

const Card* StoredRecords::Find(const Uuid& id) const {
  const auto found = cards_.find(id);
  if (found != cards_.end()) return &found->second;
  carnet::log::v1::IdentityRow row;
  // A record of which nothing is known but that it is there has no row.
  GetRow(*state_, Family::kIdentity, RecordKey(merchant_, id), &row);
  return &cards_.emplace(id, MakeCard(id, std::move(row))).first->second;
}

Holders* StoredRecords::MutableWith(carnet::v1::IdentityTokenKind kind, uint64_t token) const {
  const auto [found, is_new] = values_.try_emplace({kind, token});
  if (is_new) found->second = ReadHolders(*state_, merchant_, kind, token);
  return &found->second;
}

const Holders& StoredRecords::With(carnet::v1::IdentityTokenKind kind, uint64_t token) const {
  return *MutableWith(kind, token);
}

}  // namespace carnet::domain::identity
