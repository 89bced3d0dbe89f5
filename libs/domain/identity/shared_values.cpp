#include "domain/identity/shared_values.h"

#include <algorithm>
#include <string>

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

}  // namespace

SharedValueRow ReadSharedValue(const Reader& state, std::string_view merchant,
                               IdentityTokenKind kind, uint64_t token) {
  SharedValueRow row;
  GetRow(state, Family::kSharedValues, SharedValueKey(merchant, kind, token), &row);
  return row;
}

std::vector<Uuid> RecordsOf(const SharedValueRow& row) { return Unpack(row.records()); }

void AddToSharedValue(std::string_view merchant, IdentityTokenKind kind, uint64_t token,
                      const Uuid& record, SharedValueRow* row, Overlay* state) {
  row->set_count(row->count() + 1);
  const auto put_own_row = [&](const Uuid& id) {
    state->Put(Family::kSharedValues, SharedValueKey(merchant, kind, token, id), "");
  };
  if (row->count() > kMaxRecords) {
    for (const Uuid& id : Unpack(row->records())) put_own_row(id);
    row->clear_records();
    put_own_row(record);
  } else {
    std::vector<Uuid> ids = Unpack(row->records());
    ids.insert(std::lower_bound(ids.begin(), ids.end(), record), record);
    row->set_records(Pack(ids));
  }
  PutRow(state, Family::kSharedValues, SharedValueKey(merchant, kind, token), *row);
}

void RemoveFromSharedValue(std::string_view merchant, IdentityTokenKind kind, uint64_t token,
                           const Uuid& record, SharedValueRow* row, Overlay* state) {
  Require(row->count() > 0, "a shared value has a row");
  const std::string key = SharedValueKey(merchant, kind, token);
  const bool in_rows = row->count() > kMaxRecords;
  row->set_count(row->count() - 1);
  std::vector<Uuid> ids = Unpack(row->records());
  if (in_rows) {
    state->Delete(Family::kSharedValues, SharedValueKey(merchant, kind, token, record));
    if (row->count() <= kMaxRecords) {
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
  row->set_records(Pack(ids));
  if (row->count() == 0) {
    state->Delete(Family::kSharedValues, key);
  } else {
    PutRow(state, Family::kSharedValues, key, *row);
  }
}

}  // namespace carnet::domain::identity
