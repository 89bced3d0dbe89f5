// Rows of one merchant, parsed. For the files of audit.h only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fatal.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/keys.h"
#include "domain/state.h"

namespace carnet::simulation {

// `visit` is given what follows the merchant in the key.
template <typename Row, typename Visit>
void ForEachRow(const domain::Reader& state, domain::Family family, const std::string& merchant,
                const Visit& visit) {
  const std::string prefix = domain::MerchantPrefix(merchant);
  state.Scan(family, prefix, [&](std::string_view key, std::string_view value) {
    Row row;
    CARNET_ASSERT(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    visit(key.substr(prefix.size()), row);
    return true;
  });
}

inline carnet::log::v1::MerchantRow CountersOf(const domain::Reader& state,
                                               const std::string& merchant) {
  carnet::log::v1::MerchantRow row;
  domain::GetRow(state, domain::Family::kMerchants, domain::MerchantKey(merchant), &row);
  return row;
}

}  // namespace carnet::simulation
