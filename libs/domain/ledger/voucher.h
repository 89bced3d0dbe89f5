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

// Keeps the change's note with the voucher, and whose key opens it; nothing of it where the voucher
// is somebody's who was forgotten.
void SetNote(Step* step, const carnet::v1::Personal& note, carnet::log::v1::VoucherRow* voucher);

// Adds a leg, merged with an earlier one to the same account. False on overflow.
[[nodiscard]] bool AddLeg(carnet::log::v1::LedgerAccount account, int64_t amount,
                          carnet::log::v1::VoucherRow* voucher, bool in_other_unit = false);

// The leg to an account in the voucher's own unit; 0: there is none.
int64_t LegOf(const carnet::log::v1::VoucherRow& voucher, carnet::log::v1::LedgerAccount account);

// A source's voucher code, with what it stands for so far.
struct CodeEntry {
  std::string key;
  carnet::log::v1::CodeRow row;
};
CodeEntry FindCode(const Step& step, std::string_view source, std::string_view code);

// The voucher that a change names by the code of its source (empty: the change's own), or by a
// generated code. Number 0: there is none.
struct NamedVoucher {
  uint64_t number = 0;
  carnet::log::v1::VoucherRow row;
};
NamedVoucher FindVoucher(const Step& step, std::string_view source, std::string_view code);
carnet::log::v1::VoucherRow ReadVoucher(const Step& step, uint64_t number);

// Whether a voucher's code was used before. `entry`: for PostVoucher().
enum class CodeUse {
  kFree,
  // Same kind, customer, occurred_at and total: a till that was installed anew. The customer is the
  // source record that was addressed: who is linked with whom may change, a ticket stays the same.
  kSameTicket,
  kTaken,
};
CodeUse FindCodeUse(const Step& step, const carnet::log::v1::VoucherRow& voucher, CodeEntry* entry);

// DUPLICATE(NATURAL_KEY) of the voucher that `entry` stands for.
Verdict SameTicket(Step* step, const CodeEntry& entry);
// A taken code: REJECTED(CODE_TAKEN), or for a FACT a flag.
Verdict TakenCode(Step* step);

// A day before an opening of the accounts that the voucher's legs are on: REJECTED, or for a FACT
// a flag. No account: nothing to check.
Verdict CheckOpenings(Step* step, const Account* account,
                      const carnet::log::v1::VoucherRow& voucher, int32_t day);

// What a voucher adds to what its customer bought: sales less returns, without tax, and the tax
// beside it. `sales`: 1 for a sale, -1 for one that is undone.
struct Bought {
  int64_t net = 0;
  int64_t tax = 0;
  int sales = 0;
};
Bought BoughtBy(const carnet::log::v1::VoucherRow& voucher);

// Numbers the voucher, gives it a code if it has none, posts its legs, stores it and tells of it.
// `account` is that of the voucher's record, or null for a walk-in. The legs must sum to zero:
// anything else is a bug and asserts. Rejected or dead letter: OVERFLOW.
Verdict PostVoucher(Step* step, Account* account, CodeEntry code,
                    carnet::log::v1::VoucherRow* voucher);

// A FACT that can't be counted is a dead letter, a REQUEST is refused.
Verdict Overflow(const Step& step, std::string_view what);

}  // namespace carnet::domain
