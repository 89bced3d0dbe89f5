// A source record's accounts: what it owes us (the receivable) and what we owe it (the payable).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/keys.h"
#include "domain/step.h"

namespace carnet::domain {

// Postings in a full chunk. Chunks are cut by count, never by batch, so that every fold cuts them
// alike.
inline constexpr int kPostingsPerChunk = 32;

// One posting to an account.
struct Posting {
  uint64_t voucher = 0;
  int32_t effective_day = 0;
  int32_t recorded_day = 0;
  int64_t amount = 0;  // debit positive
};

// The accounts of one record in the hands of one change: read once, written once.
class Account {
 public:
  Account(Step* step, const Uuid& record);

  // Whether there is a row: then the record exists, too.
  bool exists() const { return exists_; }
  const Uuid& record() const { return record_; }
  // 16 bytes: the company of which the record is a contact; empty: none.
  const std::string& company() const { return row_.company(); }
  // When the record was forgotten; nothing: it was not.
  std::optional<int64_t> erased_at() const {
    if (!row_.has_erased_at_micros()) return std::nullopt;
    return row_.erased_at_micros();
  }

  // What the record owes in a unit; negative: what we owe it.
  int64_t Balance(Side side, std::string_view unit) const;

  // The same, Σ over all members of the record's customer; nothing on overflow.
  std::optional<int64_t> CustomerBalance(Side side, std::string_view unit) const;

  // The opening's day, if there is an opening in that unit.
  std::optional<int32_t> OpeningDay(Side side, std::string_view unit) const;
  void SetOpening(Side side, std::string_view unit, uint64_t voucher,
                  int32_t day);  // voucher 0: none any more

  // Counts what a voucher says was bought (less: given back), beside what it says is owed.
  // `sales`: 1 for a sale, -1 for one that is undone.
  void AddBought(std::string_view unit, const Posting& posting, int64_t net, int64_t tax,
                 int sales);

  // The voucher is being undone: if it was the newest sale, the one before it is that now.
  void ForgetSale(std::string_view unit, uint64_t voucher);

  // False on overflow: then the change must be refused.
  [[nodiscard]] bool Post(Side side, std::string_view unit, const Posting& posting);

  // Stores the row and tells of the balances that are not what they were when the change began.
  void Write();

 private:
  struct Touched {
    Side side;
    std::string unit;
    int64_t before;
  };

  const carnet::log::v1::UnitAccount* Find(Side side, std::string_view unit) const;
  carnet::log::v1::UnitAccount* FindOrAdd(Side side, std::string_view unit);

  Step* step_;
  Uuid record_;
  std::string key_;
  carnet::log::v1::AccountRow row_;
  bool exists_;
  std::vector<Touched> touched_;
};

// Σ over the members of a customer; nothing on overflow. `open`: the account of one of them, which
// is not read again.
std::optional<int64_t> CustomerBalance(const Reader& state, std::string_view merchant,
                                       const Uuid& customer, Side side, std::string_view unit,
                                       const Account* open = nullptr);

// Of one side, by unit.
inline const google::protobuf::RepeatedPtrField<carnet::log::v1::UnitAccount>& UnitsOf(
    const carnet::log::v1::AccountRow& row, Side side) {
  return side == Side::kReceivable ? row.units() : row.payables();
}

// Appends to columns, and reads them back.
void AppendPosting(const Posting& posting, carnet::log::v1::Postings* postings);
std::vector<Posting> ReadPostings(const carnet::log::v1::Postings& postings);

}  // namespace carnet::domain
