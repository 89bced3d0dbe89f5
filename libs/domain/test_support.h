// For tests of the fold: changes in few words, and what they came to as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "carnet/log/v1/log.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/fold.h"
#include "domain/keys.h"
#include "domain/state.h"

namespace carnet::domain::testing {

// A fold of its own: one merchant ("shop"), changes on 2026-05-01 and later.
class Shop {
 public:
  // A change as a gateway would stamp it: a fresh id, a hash of its content, day `day` of May 2026
  // for both axes.
  static carnet::log::v1::Change Change(int id, std::string_view external_id, int day = 1);

  // From text format of carnet.v1.Body: R"(posting { kind: VOUCHER_KIND_SALE … })".
  static carnet::log::v1::Change Fact(int id, std::string_view external_id, const std::string& body,
                                      int day = 1);
  static carnet::log::v1::Change Request(int id, std::string_view external_id,
                                         const std::string& body, int day = 1);

  // "APPLIED [FLAGS…] [code]", "REJECTED REASON", "DUPLICATE …": what folding it came to.
  std::string Fold(const carnet::log::v1::Change& change);

  // An account of one source record, in minor units.
  int64_t Balance(std::string_view external_id, std::string_view unit = "EUR",
                  Side side = Side::kReceivable) const;
  // An account of the merchant's own, all sources together; debit positive.
  int64_t OwnAccount(carnet::log::v1::LedgerAccount account, std::string_view unit = "EUR") const;
  // Σ over everything: must be zero in each unit.
  bool IsBalanced() const;
  // Names of all feed events in order, e.g. "created updated posted balance".
  std::string Feed() const;
  // Every row, for comparing states.
  std::string Dump() const;

  Overlay& state() { return state_; }
  const Overlay& state() const { return state_; }

 private:
  EmptyReader empty_;
  Overlay state_{empty_};
};

// Body of a sale on account, in text format.
std::string Sale(std::string_view code, int64_t total, std::string_view unit = "EUR");
std::string CashSale(std::string_view code, int64_t total, std::string_view unit = "EUR");
std::string Receipt(std::string_view code, int64_t total, std::string_view unit = "EUR");
// Sealed stand-ins: the fold never looks inside.
std::string ContactWithEmail(std::string_view box, std::string_view token);

}  // namespace carnet::domain::testing
