// The merchant's own accounts: sales, tax, cash by source … They have entries by the million, so
// beside the balance they keep what came to them by recorded day, and each day by effective day.
#pragma once

#include <cstdint>
#include <string_view>

#include "carnet/log/v1/rows.pb.h"
#include "domain/step.h"

namespace carnet::domain {

// Posts to an account of the merchant's own on the change's recorded day. `source`: of money only.
// False on overflow.
//
// The newest recorded day's sums stand in the account's own row, which has to be written anyway.
// When a later day begins they move to a row of their own and are added to the month's: two puts a
// day and account, whatever is sold on that day.
[[nodiscard]] bool PostToOwnAccount(Step* step, carnet::log::v1::LedgerAccount account,
                                    std::string_view unit, std::string_view source,
                                    int32_t effective_day, int64_t amount);

// Adds to the sums of an effective day. What is added is part of an account's debits and credits,
// so it can't overflow.
void AddToDay(int32_t effective_day, int64_t debits, int64_t credits,
              carnet::log::v1::DaySums* sums);

// The open day's sums of an account, as they will stand in its row.
carnet::log::v1::DaySums OpenDaySums(const carnet::log::v1::OwnAccountRow& row);

}  // namespace carnet::domain
