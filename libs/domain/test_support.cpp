#include "domain/test_support.h"

#include <map>
#include <sstream>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/sha256.h"
#include "carnet/log/v1/feed_rows.pb.h"
#include "domain/customers/record.h"
#include "domain/keys.h"

namespace carnet::domain::testing {
namespace {

constexpr std::string_view kMerchant = "shop";
constexpr int32_t kFirstOfMay = 20574;
constexpr int64_t kMicrosPerDay = int64_t{86'400} * 1'000'000;

std::string Quoted(std::string_view bytes) { return "\"" + std::string(bytes) + "\""; }

}  // namespace

carnet::log::v1::Change Shop::Change(int id, std::string_view external_id, int day) {
  carnet::log::v1::Change change;
  std::string bytes(12, '\0');
  AppendBigEndian32(static_cast<uint32_t>(id), &bytes);
  change.set_id(bytes);
  change.set_merchant(std::string(kMerchant));
  change.set_channel("pos");
  change.set_source("till-1");
  change.set_external_id(std::string(external_id));
  const int32_t civil_day = kFirstOfMay + day - 1;
  change.set_effective_day(civil_day);
  change.set_recorded_day(civil_day);
  // Noon, and a minute later for each id, so that no two are at once.
  change.set_recorded_at_micros(civil_day * kMicrosPerDay + kMicrosPerDay / 2 +
                                int64_t{id} * 60'000'000);
  change.set_occurred_at_micros(change.recorded_at_micros());
  change.set_intent(carnet::v1::INTENT_FACT);
  change.set_rules_version(1);
  return change;
}

carnet::log::v1::Change Shop::Fact(int id, std::string_view external_id, const std::string& body,
                                   int day) {
  carnet::log::v1::Change change = Change(id, external_id, day);
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(body, change.mutable_body())) << body;
  change.set_content_hash(Sha256(body + std::string(external_id)).substr(0, 16));
  return change;
}

carnet::log::v1::Change Shop::Request(int id, std::string_view external_id, const std::string& body,
                                      int day) {
  carnet::log::v1::Change change = Fact(id, external_id, body, day);
  change.set_intent(carnet::v1::INTENT_REQUEST);
  return change;
}

std::string Shop::Fold(const carnet::log::v1::Change& change) {
  carnet::v1::Outcome outcome;
  const absl::Status status = FoldChange(change, &state_, &outcome);
  if (!status.ok()) return "STOP " + std::string(status.message());
  std::string text = carnet::v1::OutcomeStatus_Name(outcome.status())
                         .substr(std::string("OUTCOME_STATUS_").size());
  if (!outcome.reason().empty()) text += " " + outcome.reason();
  for (const std::string& flag : outcome.flags()) text += " " + flag;
  if (!outcome.voucher_code().empty()) text += " " + outcome.voucher_code();
  return text;
}

int64_t Shop::Balance(std::string_view external_id, std::string_view unit, Side side) const {
  carnet::log::v1::AccountRow row;
  GetRow(state_, Family::kAccounts,
         RecordKey(kMerchant, RecordId(kMerchant, "pos", "till-1", external_id)), &row);
  for (const auto& account : side == Side::kPayable ? row.payables() : row.units()) {
    if (account.unit() == unit) return account.debits() - account.credits();
  }
  return 0;
}

int64_t Shop::OwnAccount(carnet::log::v1::LedgerAccount account, std::string_view unit) const {
  int64_t sum = 0;
  std::string prefix = OwnAccountKey(kMerchant, account, unit, "");
  state_.Scan(Family::kOwnAccounts, prefix, [&](std::string_view, std::string_view value) {
    carnet::log::v1::OwnAccountRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    sum += row.debits() - row.credits();
    return true;
  });
  return sum;
}

bool Shop::IsBalanced() const {
  std::map<std::string, __int128> sums;
  state_.Scan(Family::kAccounts, "", [&](std::string_view, std::string_view value) {
    carnet::log::v1::AccountRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    for (const auto* units : {&row.units(), &row.payables()}) {
      for (const auto& account : *units)
        sums[account.unit()] += account.debits() - account.credits();
    }
    return true;
  });
  state_.Scan(Family::kOwnAccounts, "", [&](std::string_view key, std::string_view value) {
    carnet::log::v1::OwnAccountRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    key.remove_prefix(key.find('\0') + 1);
    // Its own control account says the same once more.
    if (key.front() == carnet::log::v1::LEDGER_ACCOUNT_PAYABLE) return true;
    key.remove_prefix(1);
    sums[std::string(key.substr(0, key.find('\0')))] += row.debits() - row.credits();
    return true;
  });
  for (const auto& [unit, sum] : sums) {
    if (sum != 0) return false;
  }
  return true;
}

std::string Shop::Feed() const {
  std::string text;
  state_.Scan(Family::kFeed, "", [&](std::string_view, std::string_view value) {
    carnet::log::v1::FeedRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    for (const auto& event : row.events()) {
      using Event = carnet::log::v1::FeedRowEvent;
      if (!text.empty()) text += ' ';
      switch (event.kind_case()) {
        case Event::kCustomerCreated:
          text += "created";
          break;
        case Event::kCustomerLinked:
          text += "linked";
          break;
        case Event::kCustomerUnlinked:
          text += "unlinked";
          break;
        case Event::kCustomerUpdated:
          text += "updated";
          break;
        case Event::kCustomerArchived:
          text += event.customer_archived().archived() ? "archived" : "restored";
          break;
        case Event::kCustomerErased:
          text += "erased";
          break;
        case Event::kVoucherPosted:
          text += "posted";
          break;
        case Event::kVoucherReversed:
          text += "reversed";
          break;
        case Event::kBalanceChanged:
          text += event.balance_changed().whole_customer() ? "whole-balance" : "balance";
          break;
        case Event::kOrderChanged:
          text += "order";
          break;
        case Event::KIND_NOT_SET:
          text += "?";
          break;
      }
    }
    return true;
  });
  return text;
}

std::string Shop::Dump() const {
  std::string dump;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    state_.Scan(static_cast<Family>(i), "", [&](std::string_view key, std::string_view value) {
      dump.append(FamilyName(static_cast<Family>(i))).append(" ");
      AppendBigEndian32(static_cast<uint32_t>(key.size()), &dump);
      dump.append(key);
      AppendBigEndian32(static_cast<uint32_t>(value.size()), &dump);
      dump.append(value);
      return true;
    });
  }
  return dump;
}

namespace {

std::string PostingText(std::string_view kind, std::string_view code, int64_t total,
                        std::string_view unit, std::string_view method) {
  std::ostringstream text;
  text << "posting { kind: VOUCHER_KIND_" << kind << " code: " << Quoted(code)
       << " total { unit: " << Quoted(unit) << " minor: " << total
       << " } tenders { method: TENDER_METHOD_" << method << " amount { minor: " << total
       << " } } }";
  return text.str();
}

}  // namespace

std::string Sale(std::string_view code, int64_t total, std::string_view unit) {
  return PostingText("SALE", code, total, unit, "ON_ACCOUNT");
}

std::string CashSale(std::string_view code, int64_t total, std::string_view unit) {
  return PostingText("SALE", code, total, unit, "CASH");
}

std::string Receipt(std::string_view code, int64_t total, std::string_view unit) {
  return PostingText("RECEIPT", code, total, unit, "CASH");
}

std::string ContactWithEmail(std::string_view box, std::string_view token) {
  return "contact_observed { contact { emails { sealed { key_id: \"0123456789abcdef\" box: " +
         Quoted(box) + " tokens { kind: IDENTITY_TOKEN_KIND_EMAIL_EXACT value: " + Quoted(token) +
         " } } } } }";
}

}  // namespace carnet::domain::testing
