// Adds up the books of a merchant anew, from its vouchers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"
#include "carnet/v1/ledger_service.pb.h"
#include "query/own_sums.h"
#include "query/view.h"

namespace carnet::query {

// What is checked:
//   vouchers are numbered without gap, and each balances in itself, in each of its units;
//   the balance after a voucher, on the recorded axis, is the sum of its record's entries so far;
//   each record's receivable and payable are the sums of its vouchers' legs, and of its postings;
//   each account of the merchant's own is the sum of its legs, and of its day and month sums;
//   all accounts together are zero in each unit.
//
// Not to be used from two threads at once. Needs memory for each record and account, not for each
// voucher.
class Verification {
 public:
  // What `view` points to must outlive this. Errors: INVALID_ARGUMENT(NAME_MALFORMED).
  static absl::StatusOr<Verification> Begin(const View& view,
                                            const carnet::v1::VerifyBooksRequest& request);

  // Looks at some thousand rows more, and tells what was off there. False: that was all, and the
  // summary is set.
  bool Next(carnet::v1::VerifyBooksResponse* response);

 private:
  // Small: there is one for each record.
  struct Side {
    uint32_t unit = 0;  // index in unit_names_
    bool payable = false;
    OwnSum sum;
    uint64_t postings = 0;
  };
  struct Leg {
    int account = 0;
    int64_t amount = 0;
    bool other = false;
  };
  enum class Phase { kVouchers, kRecords, kOwnAccounts, kDone };

  void Find(std::string subject, std::string detail);
  void LookAtVouchers();
  void LookAtVoucher(uint64_t number, std::string_view row);
  void LookAtRecords();
  void LookAtRecord(std::string_view record, std::string_view row);
  void LookAtOwnAccounts();
  // Most have one.
  using Sides = absl::InlinedVector<Side, 1>;
  Side* SideOf(Sides* sides, std::string_view unit, bool payable);
  uint32_t UnitIndex(std::string_view unit);

  View view_;
  std::string merchant_;
  Phase phase_ = Phase::kVouchers;
  std::string next_key_;
  uint64_t last_number_ = 0;
  std::vector<Leg> legs_;  // of the voucher at hand
  absl::flat_hash_map<Uuid, Sides> records_;
  std::vector<std::string> unit_names_;
  absl::flat_hash_map<std::string, OwnSum> own_;
  std::map<std::string, __int128, std::less<>> units_;  // Σ of all accounts as they stand
  carnet::v1::VerifyBooksResponse* response_ = nullptr;
  carnet::v1::BookSummary summary_;
};

}  // namespace carnet::query
