#include "projection/till_day.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

#include "base/bytes.h"
#include "base/sha256.h"

namespace carnet::projection {
namespace {

using carnet::log::v1::Change;
using carnet::v1::IdentityTokenKind;

constexpr uint32_t kSources = 3;
constexpr const char* kSourceNames[kSources] = {"till-1", "till-2", "web"};
constexpr int32_t kFirstOfMay = 20574;
constexpr int64_t kMicrosPerDay = int64_t{86'400} * 1'000'000;
// So many changes a day.
constexpr uint64_t kChangesPerDay = 100'000;
constexpr size_t kRecent = 5000;

// Bytes that look random, the same for the same arguments.
std::string Noise(uint64_t seed, uint64_t salt, size_t size) {
  std::mt19937_64 random(seed * 1'000'003 + salt);
  std::string bytes;
  while (bytes.size() < size) AppendBigEndian64(random(), &bytes);
  bytes.resize(size);
  return bytes;
}

void Seal(uint64_t seed, uint64_t salt, size_t plain_size,
          std::initializer_list<IdentityTokenKind> tokens, carnet::v1::Personal* value) {
  carnet::v1::Sealed* sealed = value->mutable_sealed();
  sealed->set_key_id(Noise(seed, 1, 16));
  sealed->set_box(Noise(seed, salt, 24 + plain_size + 16));
  for (const IdentityTokenKind kind : tokens) {
    carnet::v1::IdentityToken* token = sealed->add_tokens();
    token->set_kind(kind);
    token->set_value(Noise(seed, salt * 100 + static_cast<uint64_t>(kind), 16));
  }
}

}  // namespace

TillDay::Zipf::Zipf(uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; ++i) cumulated_.push_back(sum += std::pow(i + 1, -0.99));
}

uint32_t TillDay::Zipf::Draw(std::mt19937_64* random) const {
  const double point = std::uniform_real_distribution<double>(0, cumulated_.back())(*random);
  const auto at = std::lower_bound(cumulated_.begin(), cumulated_.end(), point);
  return static_cast<uint32_t>(
      std::min<ptrdiff_t>(at - cumulated_.begin(), std::ssize(cumulated_) - 1));
}

TillDay::TillDay(const TillDayOptions& options)
    : options_(options),
      random_(options.seed),
      merchants_(options.merchants),
      customers_(options.customers / options.merchants),
      codes_(size_t{options.merchants} * kSources) {}

event_log::Record TillDay::Next() {
  if (!recent_.empty() && Below(100) < options_.redelivered_percent)
    return recent_[Below(recent_.size())];
  event_log::Record record = RecordOf(NewChange());
  if (recent_.size() < kRecent) {
    recent_.push_back(record);
  } else {
    recent_[count_ % kRecent] = record;
  }
  return record;
}

Change TillDay::NewChange() {
  const uint64_t number = ++count_;
  const uint32_t merchant = merchants_.Draw(&random_);
  const uint64_t customer = uint64_t{merchant} * options_.customers + customers_.Draw(&random_);
  const auto source = static_cast<uint32_t>(Below(kSources));
  const uint64_t kind = Below(100);
  const auto amount = static_cast<int64_t>(100 + Below(90'000));

  Change change;
  change.set_id(Noise(number, options_.seed, 16));
  change.set_merchant(absl::StrCat("cua-hang-", 100 + merchant));
  change.set_channel(source < 2 ? "pos" : "web-shop");
  change.set_source(kSourceNames[source]);
  change.set_external_id(absl::StrCat("pos:customer:", customer));
  const auto day = static_cast<int32_t>(kFirstOfMay + number / kChangesPerDay);
  change.set_recorded_day(day);
  change.set_effective_day(day);
  change.set_recorded_at_micros(day * kMicrosPerDay +
                                static_cast<int64_t>(number % kChangesPerDay) *
                                    (kMicrosPerDay / int64_t{kChangesPerDay}));
  change.set_occurred_at_micros(change.recorded_at_micros() -
                                static_cast<int64_t>(Below(3'000'000)));
  change.set_actor(absl::StrCat("cashier-", Below(9)));
  change.set_rules_version(1);
  change.set_intent(carnet::v1::INTENT_FACT);

  if (kind < 15) {
    FillContact(customer, &change);
  } else if (kind < 95) {
    const bool is_sale = kind < 70;
    carnet::v1::Posting* posting = change.mutable_body()->mutable_posting();
    posting->set_kind(is_sale ? carnet::v1::VOUCHER_KIND_SALE : carnet::v1::VOUCHER_KIND_RECEIPT);
    posting->set_code(
        absl::StrCat("HD", 10'000'000 + ++codes_[size_t{merchant} * kSources + source]));
    posting->mutable_total()->set_unit("VND");
    posting->mutable_total()->set_minor(amount);
    if (is_sale) {
      posting->mutable_tax()->set_minor(amount / 11);
    }
    // Half of the sales are paid in part at once.
    const int64_t paid = !is_sale ? amount : Below(2) == 0 ? amount / 2 : 0;
    if (paid != 0) {
      carnet::v1::Tender* tender = posting->add_tenders();
      tender->set_method(carnet::v1::TENDER_METHOD_CASH);
      tender->mutable_amount()->set_minor(paid);
    }
    if (paid != amount) {
      carnet::v1::Tender* tender = posting->add_tenders();
      tender->set_method(carnet::v1::TENDER_METHOD_ON_ACCOUNT);
      tender->mutable_amount()->set_minor(amount - paid);
    }
  } else {
    change.set_intent(carnet::v1::INTENT_REQUEST);
    carnet::v1::Money* target = change.mutable_body()->mutable_set_debt()->mutable_target();
    target->set_unit("VND");
    target->set_minor(amount);
  }
  change.set_content_hash(Sha256(change.body().SerializeAsString()).substr(0, 16));
  return change;
}

void TillDay::FillContact(uint64_t customer, Change* change) {
  // A customer's data change rarely: one of four versions.
  const uint64_t version = customer * 4 + Below(4);
  carnet::v1::Contact* contact =
      change->mutable_body()->mutable_contact_observed()->mutable_contact();
  contact->set_type(carnet::v1::PARTY_TYPE_CONSUMER);
  Seal(version, 10, 9,
       {carnet::v1::IDENTITY_TOKEN_KIND_NAME_GIVEN, carnet::v1::IDENTITY_TOKEN_KIND_NAME_INITIAL},
       contact->mutable_name()->mutable_given());
  Seal(version, 11, 9,
       {carnet::v1::IDENTITY_TOKEN_KIND_NAME_FAMILY, carnet::v1::IDENTITY_TOKEN_KIND_NAME_DELETION},
       contact->mutable_name()->mutable_family());
  Seal(version, 12, 20,
       {carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT,
        carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL},
       contact->add_emails());
  Seal(customer, 13, 24, {carnet::v1::IDENTITY_TOKEN_KIND_PHONE}, contact->add_phones());
}

event_log::Record RecordOf(const Change& change) {
  carnet::log::v1::LogRecord record;
  *record.mutable_change() = change;
  return {change.merchant(), record.SerializeAsString()};
}

}  // namespace carnet::projection
