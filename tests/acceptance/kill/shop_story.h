// One merchant's changes, numbered from 0, the same for the same number; and what they come to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "carnet/v1/change.pb.h"

namespace carnet::acceptance {

class ShopStory {
 public:
  // `bulky`: every second change is a contact of 160 KB, so that few fill memtables.
  explicit ShopStory(std::string merchant, bool bulky = false)
      : merchant_(std::move(merchant)), bulky_(bulky) {}

  const std::string& merchant() const { return merchant_; }

  // Sales and receipts on account, debts that are set, contacts; of twelve customers.
  carnet::v1::Change At(size_t number) const;

  // After the first `count`, each applied once and in order.
  struct State {
    std::vector<std::string> codes;            // of all vouchers, in order
    std::map<std::string, int64_t> balances;   // by external id
    std::map<std::string, std::string> names;  // by external id, where known
  };
  State After(size_t count) const;

  static constexpr char kChannel[] = "pos";
  static constexpr char kSource[] = "till-1";
  static constexpr char kUnit[] = "EUR";

 private:
  const std::string merchant_;
  const bool bulky_;
};

}  // namespace carnet::acceptance
