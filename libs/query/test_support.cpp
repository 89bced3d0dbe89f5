#include "query/test_support.h"

#include <stdlib.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "domain/customers/record.h"
#include "domain/fold.h"
#include "vault/embedded_key_store.h"

namespace carnet::query::testing {
namespace {

constexpr int32_t kFirstOfMay = 20574;
constexpr int64_t kMicrosPerMinute = 60'000'000;
constexpr int64_t kNoon = (int64_t{kFirstOfMay} * 24 + 12) * 60 * kMicrosPerMinute;

std::string MakeFolder() {
  std::string name = ::testing::TempDir() + "/query-XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  return name;
}

absl::string_view Abs(std::string_view text) { return {text.data(), text.size()}; }

std::string Posting(std::string_view kind, std::string_view code, int64_t total,
                    std::string_view unit, std::string_view method) {
  return absl::StrCat("posting { kind: VOUCHER_KIND_", Abs(kind), " code: '", Abs(code),
                      "' total { unit: '", Abs(unit), "' minor: ", total,
                      " } tenders { method: TENDER_METHOD_", Abs(method),
                      " amount { minor: ", total, " } } }");
}

}  // namespace

Vault::Vault()
    : folder_(MakeFolder()),
      store_(*vault::OpenEmbeddedKeyStore(folder_ + "/keys", vault::Key::Random(), true)),
      keys_(std::make_unique<vault::KeyRing>(store_.get())),
      sealer_(keys_.get(), &phones_),
      opener_(keys_.get()),
      lookup_(keys_.get(), &phones_) {}

Vault::~Vault() {
  keys_ = nullptr;
  store_ = nullptr;
  std::filesystem::remove_all(folder_);
}

carnet::log::v1::Change Vault::Stamp(const Said& said) {
  ++minute_;
  carnet::log::v1::Change change;
  const Uuid id = Uuid::Random();
  change.set_id(std::string(id.bytes()));
  change.set_merchant(said.merchant);
  change.set_channel(said.channel);
  change.set_source(said.source);
  change.set_external_id(said.external_id);
  if (said.customer) change.set_customer_id(std::string(said.customer->bytes()));
  change.set_intent(said.intent);
  change.set_effective_day(kFirstOfMay);
  change.set_recorded_day(kFirstOfMay);
  change.set_recorded_at_micros(kNoon + minute_ * kMicrosPerMinute);
  change.set_occurred_at_micros(said.minute == 0 ? change.recorded_at_micros()
                                                 : kNoon + said.minute * kMicrosPerMinute);
  change.set_rules_version(1);
  change.set_content_hash(Sha256(said.body + said.external_id).substr(0, 16));
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(said.body, change.mutable_body()))
      << said.body;
  const Uuid record = domain::SealedFor(change);
  vault::NewKeys new_keys;
  EXPECT_TRUE(sealer_.Seal(said.merchant, record, "FR", change.mutable_body(), &new_keys).ok());
  EXPECT_TRUE(keys_->Persist(new_keys).ok());
  return change;
}

carnet::v1::Outcome MemoryViews::Fold(const carnet::log::v1::Change& change) {
  domain::Overlay overlay(*this);
  carnet::v1::Outcome outcome;
  const absl::Status status = domain::FoldChange(change, &overlay, &outcome);
  EXPECT_TRUE(status.ok()) << status;
  overlay.ForEachWrite([this](domain::Family family, const std::string& key,
                              const std::optional<std::string>& value) {
    Rows& rows = rows_[static_cast<size_t>(family)];
    if (value) {
      rows[key] = *value;
    } else {
      rows.erase(key);
    }
  });
  ++position_;
  return outcome;
}

bool MemoryViews::Get(domain::Family family, std::string_view key, std::string* value) const {
  const auto found = rows(family).find(key);
  if (found == rows(family).end()) return false;
  *value = found->second;
  return true;
}

void MemoryViews::Scan(domain::Family family, std::string_view prefix, const Visitor& visit) const {
  ScanFrom(family, prefix, prefix, visit);
}

void MemoryViews::ScanFrom(domain::Family family, std::string_view prefix, std::string_view start,
                           const Visitor& visit) const {
  for (auto row = rows(family).lower_bound(start);
       row != rows(family).end() && row->first.starts_with(prefix); ++row) {
    if (!visit(row->first, row->second)) return;
  }
}

void MemoryViews::ScanBackFrom(domain::Family family, std::string_view prefix,
                               std::string_view start, const Visitor& visit) const {
  auto row = rows(family).upper_bound(start);
  while (row != rows(family).begin()) {
    --row;
    if (!row->first.starts_with(prefix) || !visit(row->first, row->second)) return;
  }
}

void MemoryViews::ScanUntrusted(int64_t before_offset, const UntrustedVisitor& visit) const {
  auto row = untrusted_.lower_bound(before_offset);
  while (row != untrusted_.begin()) {
    --row;
    if (!visit(row->first, row->second)) return;
  }
}

void MemoryViews::AddUntrusted(int64_t offset, std::string_view reason) {
  untrusted_[offset].set_reason(std::string(reason));
}

View MemoryViews::view(uint32_t generation) const {
  return {.snapshot = this,
          .log_id = "11111111-2222-4333-8444-555555555555",
          .partition = 0,
          .generation = generation};
}

std::string Sale(std::string_view code, int64_t total, std::string_view unit) {
  return Posting("SALE", code, total, unit, "ON_ACCOUNT");
}

std::string CashSale(std::string_view code, int64_t total, std::string_view unit) {
  return Posting("SALE", code, total, unit, "CASH");
}

std::string Receipt(std::string_view code, int64_t total, std::string_view unit) {
  return Posting("RECEIPT", code, total, unit, "CASH");
}

std::string Payment(std::string_view code, int64_t total, std::string_view unit) {
  return Posting("PAYMENT", code, total, unit, "CASH");
}

std::string Contact(std::string_view contact) {
  return absl::StrCat("contact_observed { contact { ", Abs(contact), " } }");
}

std::string Link(const Uuid& a, const Uuid& b) {
  return absl::StrCat("link_customers { customer: 'customers/", a.ToString(),
                      "' other: 'customers/", b.ToString(), "' }");
}

Uuid RecordOf(std::string_view external_id, std::string_view channel, std::string_view source,
              std::string_view merchant) {
  return domain::RecordId(merchant, channel, source, external_id);
}

}  // namespace carnet::query::testing
