// Posting a voucher: the one place where books are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/ledger/account.h"
#include "domain/step.h"

namespace carnet::domain {

// What the change at hand gives every voucher it posts: channel, source, actor, dates, record,
// flags.
carnet::log::v1::VoucherRow BeginVoucher(const Step& step, carnet::v1::VoucherKind kind,
                                         const Account* account, std::string_view unit);

// Keeps the change's note with the voucher, and whose key opens it.
void SetNote(const Step& step, const carnet::v1::Personal& note,
             carnet::log::v1::VoucherRow* voucher);

// Adds a leg, merged with an earlier one to the same account. False on overflow.
[[nodiscard]] bool AddLeg(carnet::log::v1::LedgerAccount account, int64_t amount,
                          carnet::log::v1::VoucherRow* voucher);

// A source's voucher code, with what it stands for so far.
struct CodeEntry {
  std::string key;
  carnet::log::v1::CodeRow row;
};
CodeEntry FindCode(const Step& step, std::string_view source, std::string_view code);

// The same code again: whether the voucher may be posted. Applied: go on (perhaps with a flag) and
// hand `entry` to PostVoucher(); anything else is the change's verdict: DUPLICATE(NATURAL_KEY)
// where the ticket is the same, REJECTED(CODE_TAKEN).
Verdict CheckCode(Step* step, const carnet::log::v1::VoucherRow& voucher, CodeEntry* entry);

// Numbers the voucher, gives it a code if it has none, posts its legs, stores it and tells of it.
// `account` is that of the voucher's record, or null for a walk-in. The legs must sum to zero:
// anything else is a bug and asserts. Rejected or dead letter: OVERFLOW.
Verdict PostVoucher(Step* step, Account* account, CodeEntry code,
                    carnet::log::v1::VoucherRow* voucher);

// A FACT that can't be counted is a dead letter, a REQUEST is refused.
Verdict Overflow(const Step& step, std::string_view what);

}  // namespace carnet::domain
