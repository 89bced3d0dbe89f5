#include "domain/identity/shared_values.h"

#include <algorithm>
#include <string>

#include "carnet/log/v1/identity_rows.pb.h"
#include "domain/identity/evidence.h"
#include "domain/keys.h"

namespace carnet::domain::identity {
namespace {

using carnet::log::v1::SharedValueRow;
using carnet::v1::IdentityTokenKind;

std::vector<Uuid> Unpack(const std::string& bytes) {
  std::vector<Uuid> ids;
  for (size_t at = 0; at + Uuid::kSize <= bytes.size(); at += Uuid::kSize) {
    ids.push_back(*Uuid::FromBytes(std::string_view(bytes).substr(at, Uuid::kSize)));
  }
  return ids;
}

std::string Pack(const std::vector<Uuid>& ids) {
  std::string bytes;
  bytes.reserve(ids.size() * Uuid::kSize);
  for (const Uuid& id : ids) bytes.append(id.bytes());
  return bytes;
}

void Write(const std::string& key, const Holders& holders, Overlay* state) {
  SharedValueRow row;
  row.set_count(holders.count);
  row.set_records(Pack(holders.ids));
  PutRow(state, Family::kSharedValues, key, row);
}

}  // namespace

Holders ReadHolders(const Reader& state, std::string_view merchant, IdentityTokenKind kind,
                    uint64_t token) {
  SharedValueRow row;
  GetRow(state, Family::kSharedValues, SharedValueKey(merchant, kind, token), &row);
  return {.count = row.count(), .ids = Unpack(row.records())};
}

void AddHolder(std::string_view merchant, IdentityTokenKind kind, uint64_t token,
               const Uuid& record, Holders* holders, Overlay* state) {
  ++holders->count;
  const auto put_own_row = [&](const Uuid& id) {
    state->Put(Family::kSharedValues, SharedValueKey(merchant, kind, token, id), "");
  };
  std::vector<Uuid>& ids = holders->ids;
  if (holders->count > kMaxRecords) {
    for (const Uuid& id : ids) put_own_row(id);
    ids.clear();
    put_own_row(record);
  } else {
    ids.insert(std::lower_bound(ids.begin(), ids.end(), record), record);
  }
  Write(SharedValueKey(merchant, kind, token), *holders, state);
}

void RemoveHolder(std::string_view merchant, IdentityTokenKind kind, uint64_t token,
                  const Uuid& record, Holders* holders, Overlay* state) {
  Require(holders->count > 0, "a shared value has a row");
  const std::string key = SharedValueKey(merchant, kind, token);
  const bool in_rows = holders->count > kMaxRecords;
  --holders->count;
  std::vector<Uuid>& ids = holders->ids;
  if (in_rows) {
    state->Delete(Family::kSharedValues, SharedValueKey(merchant, kind, token, record));
    if (holders->count <= kMaxRecords) {
      state->Scan(Family::kSharedValues, key, [&](std::string_view at, std::string_view) {
        if (at.size() > key.size()) ids.push_back(*Uuid::FromBytes(at.substr(key.size())));
        return true;
      });
      for (const Uuid& id : ids)
        state->Delete(Family::kSharedValues, SharedValueKey(merchant, kind, token, id));
    }
  } else {
    ids.erase(std::remove(ids.begin(), ids.end(), record), ids.end());
  }
  if (holders->count == 0) {
    state->Delete(Family::kSharedValues, key);
  } else {
    Write(key, *holders, state);
  }
}

}  // namespace carnet::domain::identity
