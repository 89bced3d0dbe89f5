// For tests of reading: changes as a gateway would stamp and seal them, and views in memory that
// fold them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/change.pb.h"
#include "query/view.h"
#include "vault/key_ring.h"
#include "vault/lookup.h"
#include "vault/opener.h"
#include "vault/sealer.h"
#include "view_store/view_store.h"

namespace carnet::query::testing {

// What somebody says, in few words; plain.
struct Said {
  std::string body;         // text format of carnet.v1.Body
  std::string external_id;  // empty: a walk-in, or `customer`
  std::string merchant = "shop-1";
  std::string channel = "pos";
  std::string source = "till-1";
  std::optional<Uuid> customer = std::nullopt;
  carnet::v1::Intent intent = carnet::v1::INTENT_FACT;
  int minute =
      0;  // since noon of 2026-05-01, by the channel's clock; 0: one later than the change before
};

// Keys in a folder of its own, and what is sealed and opened with them.
class Vault {
 public:
  Vault();
  ~Vault();

  // A change with a fresh id, one minute after the one before.
  carnet::log::v1::Change Stamp(const Said& said);

  const vault::Opener& opener() const { return opener_; }
  const vault::Lookup& lookup() const { return lookup_; }

 private:
  std::string folder_;
  std::unique_ptr<vault::KeyStore> store_;
  std::unique_ptr<vault::KeyRing> keys_;
  vault::PhoneNormalizer phones_;
  vault::Sealer sealer_;
  vault::Opener opener_;
  vault::Lookup lookup_;
  int minute_ = 0;
};

// Views of partition 0 in memory.
class MemoryViews : public view_store::Snapshot {
 public:
  // Folds the change; what it came to.
  carnet::v1::Outcome Fold(const carnet::log::v1::Change& change);

  bool Get(domain::Family family, std::string_view key, std::string* value) const override;
  void Scan(domain::Family family, std::string_view prefix, const Visitor& visit) const override;
  int64_t position() const override { return position_; }
  void ScanFrom(domain::Family family, std::string_view prefix, std::string_view start,
                const Visitor& visit) const override;
  void ScanBackFrom(domain::Family family, std::string_view prefix, std::string_view start,
                    const Visitor& visit) const override;
  void ScanUntrusted(int64_t before_offset, const UntrustedVisitor& visit) const override;

  // Damages the views: a row that no fold wrote.
  void Put(domain::Family family, std::string key, std::string value) {
    rows_[static_cast<size_t>(family)][std::move(key)] = std::move(value);
  }

  void AddUntrusted(int64_t offset, std::string_view reason);

  View view(uint32_t generation = 1) const;

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;
  const Rows& rows(domain::Family family) const { return rows_[static_cast<size_t>(family)]; }

  Rows rows_[domain::kFamilyCount];
  std::map<int64_t, carnet::log::v1::UntrustedRecordRow> untrusted_;
  int64_t position_ = 1;
};

// Bodies.
std::string Sale(std::string_view code, int64_t total,
                 std::string_view unit = "EUR");  // on account
std::string CashSale(std::string_view code, int64_t total, std::string_view unit = "EUR");
std::string Receipt(std::string_view code, int64_t total, std::string_view unit = "EUR");  // cash
std::string Payment(std::string_view code, int64_t total, std::string_view unit = "EUR");  // cash
std::string Contact(std::string_view contact);  // text format of carnet.v1.Contact
std::string Link(const Uuid& a, const Uuid& b);

// The id of what Said names.
Uuid RecordOf(std::string_view external_id, std::string_view channel = "pos",
              std::string_view source = "till-1", std::string_view merchant = "shop-1");

}  // namespace carnet::query::testing
