#include "tests/bench/published.h"

#include <array>
#include <cstdio>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "base/uuid.h"
#include "domain/customers/record.h"
#include "query/names.h"
#include "tests/bench/check.h"
#include "tests/bench/people.h"

namespace carnet::bench {
namespace {

struct Source {
  const char* channel;
  const char* name;
  const char* external_id_prefix;
};
constexpr std::array<Source, kSources> kSourceNames = {{{"pos", "magasin-1", "C-"},
                                                        {"pos", "magasin-2", "C-"},
                                                        {"web-shop", "boutique", "customer:"}}};

// Noon of 1 May 2025 UTC; 100,000 changes a day.
constexpr int64_t kBegin = 1'746'100'800;
constexpr int64_t kMillisecondsApart = 864;

std::string ExternalId(const Change& change) {
  return absl::StrCat(kSourceNames[change.source].external_id_prefix, change.customer);
}

std::string ChangeId(Id id) {
  id[6] = static_cast<uint8_t>((id[6] & 0x0f) | 0x50);
  id[8] = static_cast<uint8_t>((id[8] & 0x3f) | 0x80);
  return Uuid::FromBytes({reinterpret_cast<const char*>(id.data()), id.size()})->ToString();
}

void SetAmount(int64_t cents, v1::Money* money) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%02lld", static_cast<long long>(cents / 100),
                static_cast<long long>(cents % 100));
  money->set_decimal(text);
}

void AddTender(v1::TenderMethod method, int64_t cents, v1::Posting* posting) {
  v1::Tender* tender = posting->add_tenders();
  tender->set_method(method);
  SetAmount(cents, tender->mutable_amount());
}

void FillSale(const Change& change, v1::Posting* posting) {
  posting->set_kind(v1::VOUCHER_KIND_SALE);
  posting->set_code(absl::StrCat("T", change.source + 1, "-", 1'000'000 + change.code));
  posting->mutable_total()->set_unit("EUR");
  SetAmount(change.amount, posting->mutable_total());
  SetAmount(change.amount / 6, posting->mutable_tax());
  const int64_t at_once = change.ordinal % 3 == 0   ? change.amount
                          : change.ordinal % 3 == 1 ? change.amount / 2
                                                    : 0;
  if (at_once > 0) {
    AddTender(change.ordinal % 2 == 0 ? v1::TENDER_METHOD_CASH : v1::TENDER_METHOD_CARD, at_once,
              posting);
  }
  if (at_once < change.amount) {
    AddTender(v1::TENDER_METHOD_ON_ACCOUNT, change.amount - at_once, posting);
  }
}

void FillReceipt(const Change& change, v1::Posting* posting) {
  posting->set_kind(v1::VOUCHER_KIND_RECEIPT);
  posting->set_code(absl::StrCat("R", change.source + 1, "-", 1'000'000 + change.code));
  posting->mutable_total()->set_unit("EUR");
  SetAmount(change.amount, posting->mutable_total());
  AddTender(change.ordinal % 2 == 0 ? v1::TENDER_METHOD_CASH : v1::TENDER_METHOD_TRANSFER,
            change.amount, posting);
}

}  // namespace

std::string MerchantName(uint16_t merchant) { return absl::StrCat("maison-", 100 + merchant); }

v1::Change ToPublished(const Change& change) {
  v1::Change out;
  out.set_id(ChangeId(change.id));
  out.set_merchant(MerchantName(change.merchant));
  out.set_channel(kSourceNames[change.source].channel);
  out.set_source(kSourceNames[change.source].name);
  out.set_external_id(ExternalId(change));
  const auto milliseconds = static_cast<int64_t>(change.ordinal) * kMillisecondsApart;
  out.mutable_occurred_at()->set_seconds(kBegin + milliseconds / 1000);
  out.mutable_occurred_at()->set_nanos(static_cast<int32_t>(milliseconds % 1000 * 1'000'000));
  out.set_utc_offset_minutes(120);
  out.set_actor(absl::StrCat("cashier-", change.ordinal % 9));
  out.set_intent(v1::INTENT_FACT);
  switch (change.kind) {
    case Kind::kContact: {
      // Three of four say what is known already.
      const auto version = static_cast<uint32_t>(change.ordinal % 8 < 6 ? 0 : change.ordinal % 8);
      const bool with_address = change.source == kSources - 1;
      FillContact(change.customer, version, with_address,
                  out.mutable_body()->mutable_contact_observed()->mutable_contact());
      break;
    }
    case Kind::kSale:
      FillSale(change, out.mutable_body()->mutable_posting());
      break;
    case Kind::kReceipt:
      FillReceipt(change, out.mutable_body()->mutable_posting());
      break;
    case Kind::kSetDebt:
      out.set_intent(v1::INTENT_REQUEST);
      out.mutable_body()->mutable_set_debt()->mutable_target()->set_unit("EUR");
      SetAmount(change.amount, out.mutable_body()->mutable_set_debt()->mutable_target());
      break;
  }
  return out;
}

std::string CustomerNameOf(const Change& change) {
  const Source& source = kSourceNames[change.source];
  const std::string merchant = MerchantName(change.merchant);
  return query::FormatCustomerName(
      merchant, domain::RecordId(merchant, source.channel, source.name, ExternalId(change)));
}

}  // namespace carnet::bench
