#include "domain/identity/stored_records.h"

#include "domain/identity/shared_values.h"
#include "domain/keys.h"

namespace carnet::domain::identity {

const Card* StoredRecords::Find(const Uuid& id) const {
  const auto [found, is_new] = cards_.try_emplace(id);
  if (is_new) {
    carnet::log::v1::IdentityRow row;
    // A record of which nothing is known but that it is there has no row.
    GetRow(*state_, Family::kIdentity, RecordKey(merchant_, id), &row);
    found->second = std::make_unique<Card>(MakeCard(id, std::move(row)));
  }
  return found->second.get();
}

carnet::log::v1::SharedValueRow* StoredRecords::Value(carnet::v1::IdentityTokenKind kind,
                                                      uint64_t token) const {
  const auto [found, is_new] = values_.try_emplace({kind, token});
  if (is_new) found->second = ReadSharedValue(*state_, merchant_, kind, token);
  return &found->second;
}

std::vector<Uuid> StoredRecords::With(carnet::v1::IdentityTokenKind kind, uint64_t token,
                                      uint32_t* count) const {
  const auto& row = *Value(kind, token);
  *count = row.count();
  return RecordsOf(row);
}

}  // namespace carnet::domain::identity
