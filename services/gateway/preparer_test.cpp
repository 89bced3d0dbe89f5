// What a gateway refuses, and what it makes of what it takes. A real vault, no log.
#include "gateway/preparer.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/civil_date.h"
#include "base/error.h"
#include "base/partition.h"
#include "carnet/log/v1/log.pb.h"
#include "domain/customers/record.h"
#include "gateway/canonical.h"
#include "vault/embedded_key_store.h"
#include "vault/opener.h"

namespace carnet::gateway {
namespace {

constexpr char kSale[] = R"(
  id: "0190163d-8694-739b-aea5-966c26f8ad91"
  merchant: "shop" channel: "pos" source: "till-1" external_id: "c-1"
  occurred_at { seconds: 1780000000 nanos: 123456789 }
  effective_date: "2026-05-28"
  intent: INTENT_FACT
  body { posting {
    kind: VOUCHER_KIND_SALE code: "S-1"
    total { unit: "EUR" decimal: "12.50" }
    tenders { method: TENDER_METHOD_CASH amount { decimal: "10" } }
    tenders { method: TENDER_METHOD_ON_ACCOUNT amount { unit: "EUR" decimal: "2.5" } }
  } })";

constexpr char kContact[] = R"(
  id: "0190163d-8694-739b-aea5-966c26f8ad92"
  merchant: "shop" channel: "web" source: "site" external_id: "w-1"
  intent: INTENT_FACT
  body { contact_observed { contact {
    name { full { plain: "Jeanne Dupont" } }
    phones { plain: "06 12 34 56 78" }
  } } })";

// A clock that stands still until it is told otherwise.
class TestClock final : public Clock {
 public:
  int64_t NowMicros() override { return now; }
  int64_t now = 1780000100'000000;  // 2026-05-28T20:28:20Z
};

class PreparerTest : public testing::Test {
 protected:
  PreparerTest() {
    folder_ =
        std::filesystem::path(testing::TempDir()) / ("preparer_test." + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto store = vault::OpenEmbeddedKeyStore(folder_ / "keys", root_, /*create=*/true);
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    keys_ = std::make_unique<vault::KeyRing>(store_.get());
    merchants_ = std::make_unique<Merchants>(
        4,
        [](std::string_view merchant) {
          return merchant == "saigon" ? MerchantSettings{"VN", 420} : MerchantSettings{"FR", 120};
        },
        keys_.get());
    preparer_ = std::make_unique<Preparer>(
        Preparer::Parts{merchants_.get(), keys_.get(), &phones_, &clock_});
  }
  ~PreparerTest() override { std::filesystem::remove_all(folder_); }

  static v1::Change Parse(const std::string& text) {
    v1::Change change;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &change)) << text;
    return change;
  }

  // `text` merged over `base`.
  static v1::Change With(const std::string& base, const std::string& text) {
    v1::Change change = Parse(base);
    EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &change)) << text;
    return change;
  }

  absl::Status Prepare(v1::Change change, PreparedChange* prepared = nullptr) {
    PreparedChange ignored;
    return preparer_->Prepare(&change, prepared != nullptr ? prepared : &ignored, &new_keys_);
  }

  log::v1::Change MustPrepare(const v1::Change& change) {
    PreparedChange prepared;
    const absl::Status status = Prepare(change, &prepared);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(prepared.record.key, change.merchant());
    EXPECT_EQ(prepared.partition, PartitionOf(change.merchant(), 4));
    log::v1::LogRecord record;
    EXPECT_TRUE(record.ParseFromString(prepared.record.value));
    EXPECT_EQ(record.change().content_hash(), prepared.content_hash);
    EXPECT_EQ(record.change().recorded_at_micros(), prepared.recorded_at_micros);
    return record.change();
  }

  std::string HashOf(const v1::Change& change) { return MustPrepare(change).content_hash(); }

  std::filesystem::path folder_;
  const vault::Key root_ = vault::Key::Random();
  std::unique_ptr<vault::KeyStore> store_;
  std::unique_ptr<vault::KeyRing> keys_;
  vault::PhoneNormalizer phones_;
  TestClock clock_;
  std::unique_ptr<Merchants> merchants_;
  std::unique_ptr<Preparer> preparer_;
  vault::NewKeys new_keys_;
};

TEST_F(PreparerTest, EveryBadInputHasItsReasonAndField) {
  struct Case {
    const char* base;
    std::string over;  // merged in
    const char* reason;
    const char* field;
  };
  const std::string long_text(129, 'x');
  const std::vector<Case> cases = {
      {kSale, "id: ''", "ID_MISSING", "change.id"},
      {kSale, "id: 'not-a-uuid'", "ID_MISSING", "change.id"},
      {kSale, "id: '00000000-0000-0000-0000-000000000000'", "ID_MISSING", "change.id"},
      {kSale, "merchant: ''", "NAME_MALFORMED", "change.merchant"},
      {kSale, "merchant: 'Shop'", "NAME_MALFORMED", "change.merchant"},
      {kSale, "merchant: '" + std::string(64, 'a') + "'", "NAME_MALFORMED", "change.merchant"},
      {kSale, "channel: ''", "NAME_MALFORMED", "change.channel"},
      {kSale, "source: 'a b'", "NAME_MALFORMED", "change.source"},
      {kSale, "external_id: '" + long_text + "'", "EXTERNAL_ID_MALFORMED", "change.external_id"},
      {kSale, "external_id: 'a\\000b'", "EXTERNAL_ID_MALFORMED", "change.external_id"},
      {kSale, "customer: 'customers/0190163d-8694-739b-aea5-966c26f8ad91'", "CUSTOMER_MALFORMED",
       "change.customer"},
      {kSale, "external_id: '' customer: 'customers/jeanne'", "CUSTOMER_MALFORMED",
       "change.customer"},
      {kSale, "occurred_at { seconds: 999999999999 }", "TIME_MALFORMED", "change.occurred_at"},
      {kSale, "occurred_at { nanos: -1 }", "TIME_MALFORMED", "change.occurred_at"},
      {kSale, "effective_date: '2026-02-30'", "TIME_MALFORMED", "change.effective_date"},
      {kSale, "effective_date: '28/05/2026'", "TIME_MALFORMED", "change.effective_date"},
      {kSale, "effective_date: '' utc_offset_minutes: -600 occurred_at { seconds: -62135596800 }",
       "TIME_MALFORMED", "change.occurred_at"},
      {kSale, "utc_offset_minutes: 1081", "TIME_MALFORMED", "change.utc_offset_minutes"},
      {kSale, "intent: INTENT_UNSPECIFIED", "INTENT_MISSING", "change.intent"},
      {kSale, "actor: '" + long_text + "'", "VALUE_TOO_LONG", "change.actor"},
      {kSale, "body { posting { total { unit: 'EUR' decimal: '12.505' } } }", "AMOUNT_PRECISION",
       "change.body.posting.total.decimal"},
      {kSale, "body { posting { total { unit: 'EUR' decimal: '99999999999999999999' } } }",
       "OVERFLOW", "change.body.posting.total.decimal"},
      {kSale, "body { posting { total { unit: 'EUR' decimal: '1e3' } } }", "AMOUNT_MALFORMED",
       "change.body.posting.total.decimal"},
      {kSale, "body { posting { total { unit: 'EUX' } } }", "UNKNOWN_CURRENCY",
       "change.body.posting.total.unit"},
      {kSale,
       "body { posting { tenders { method: TENDER_METHOD_CASH amount { unit: 'USD' minor: 1 } } } "
       "}",
       "CURRENCY_MISMATCH", "change.body.posting.tenders[2].amount.unit"},
      {kSale, "body { posting { tenders { method: TENDER_METHOD_CASH amount { minor: 1 } } } }",
       "UNBALANCED", "change.body.posting.tenders"},
      {kSale, "body { posting { tenders { amount { minor: 0 } } } }", "METHOD_MISSING",
       "change.body.posting.tenders[2].method"},
      {kSale, "body { posting { kind: VOUCHER_KIND_REVERSAL } }", "KIND_NOT_ALLOWED",
       "change.body.posting.kind"},
      {kSale, "body { posting { code: '" + long_text + "' } }", "VALUE_TOO_LONG",
       "change.body.posting.code"},
      {kSale, "body { posting { note { sealed { key_id: 'x' } } } }", "SEALED_NOT_ALLOWED",
       "change.body.posting.note"},
      {kSale, "body { set_debt { target { unit: 'EUR' minor: 1 } } }", "INTENT_NOT_ALLOWED",
       "change.intent"},
      {kSale, "preconditions { expected_balance { unit: 'EUR' minor: 1 } }", "KIND_NOT_ALLOWED",
       "change.preconditions.expected_balance"},
      {kSale, "body { reversal { } }", "CODE_MISSING", "change.body.reversal.target_code"},
      {kSale, "intent: INTENT_REQUEST body { link_customers { customer: 'x' } }",
       "CUSTOMER_MALFORMED", "change.body.link_customers.customer"},
      {kSale, "intent: INTENT_REQUEST body { rules_version_activated { version: 2 } }",
       "RULES_TOO_NEW", "change.body.rules_version_activated.version"},
      {kContact, "body { contact_observed { contact { name { tokens { value: 'x' } } } } }",
       "SEALED_NOT_ALLOWED", "change.body.contact_observed.contact.name.tokens[0]"},
      {kContact,
       "body { contact_observed { contact { emails { plain: 'a@b.example' normalized: 'x' } } } }",
       "SEALED_NOT_ALLOWED", "change.body.contact_observed.contact.emails[0]"},
      {kContact,
       "body { contact_observed { contact { emails { plain: 'a' flags: VALUE_FLAG_RELAY } } } }",
       "SEALED_NOT_ALLOWED", "change.body.contact_observed.contact.emails[0]"},
      {kContact,
       "body { contact_observed { contact { company_name { plain: '" + std::string(4097, 'x') +
           "' } } } }",
       "VALUE_TOO_LONG", "change.body.contact_observed.contact.company_name"},
  };
  for (const Case& c : cases) {
    const absl::Status status = Prepare(With(c.base, c.over));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.over;
    EXPECT_EQ(ReasonOf(status), c.reason) << c.over << status;
    EXPECT_EQ(FieldOf(status), c.field) << c.over << status;
  }
}

TEST_F(PreparerTest, FieldsOfANewerVersionAreRefusedWhereverTheyStand) {
  v1::Change change = Parse(kSale);
  change.GetReflection()->MutableUnknownFields(&change)->AddVarint(999, 1);
  EXPECT_EQ(ReasonOf(Prepare(change)), "UNKNOWN_FIELD");

  change = Parse(kSale);
  auto* deep = change.mutable_body()->mutable_posting()->mutable_tenders(1)->mutable_amount();
  deep->GetReflection()->MutableUnknownFields(deep)->AddVarint(999, 1);
  const absl::Status status = Prepare(change);
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_FIELD");
  EXPECT_EQ(FieldOf(status), "change.body.posting.tenders[1].amount");
}

TEST_F(PreparerTest, ABodyIsNeeded) {
  v1::Change change = Parse(kSale);
  change.clear_body();
  EXPECT_EQ(ReasonOf(Prepare(change)), "BODY_MISSING");
}

TEST_F(PreparerTest, TooManyAndTooLarge) {
  v1::Change change = Parse(kContact);
  auto* contact = change.mutable_body()->mutable_contact_observed()->mutable_contact();
  for (int i = 0; i < 501; ++i) contact->add_emails()->set_plain("a@b.example");
  EXPECT_EQ(ReasonOf(Prepare(change)), "TOO_MANY_VALUES");

  // Each value is within its bounds; sealed, all together are not.
  contact->clear_emails();
  for (int i = 0; i < 500; ++i) contact->add_emails()->set_plain(std::string(4096, 'x'));
  contact->clear_phones();
  for (int i = 0; i < 500; ++i) contact->add_phones()->set_plain(std::string(4096, '1'));
  for (int i = 0; i < 100; ++i)
    contact->add_addresses()->mutable_street()->set_plain(std::string(4096, 'y'));
  contact->mutable_emails()->at(0).set_plain("b@c.example");
  const absl::Status status = Prepare(change);
  EXPECT_EQ(ReasonOf(status), "RECORD_TOO_LARGE") << status;
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PreparerTest, ReasonsWinInTheOrderOfTheirList) {
  v1::Change change = With(kSale, "merchant: '' intent: INTENT_UNSPECIFIED");
  change.mutable_body()->mutable_posting()->mutable_total()->set_decimal("12.505");
  EXPECT_EQ(ReasonOf(Prepare(change)), "NAME_MALFORMED");
  change.set_merchant("shop");
  EXPECT_EQ(ReasonOf(Prepare(change)), "INTENT_MISSING");
  change.set_intent(v1::INTENT_FACT);
  EXPECT_EQ(ReasonOf(Prepare(change)), "AMOUNT_PRECISION");
}

TEST_F(PreparerTest, ARecordHoldsWhatWasSaidAndStamps) {
  const log::v1::Change change = MustPrepare(Parse(kSale));
  EXPECT_EQ(change.id(), Uuid::Parse("0190163d-8694-739b-aea5-966c26f8ad91")->bytes());
  EXPECT_EQ(change.content_hash().size(), 16u);
  EXPECT_EQ(change.merchant(), "shop");
  EXPECT_EQ(change.channel(), "pos");
  EXPECT_EQ(change.source(), "till-1");
  EXPECT_EQ(change.external_id(), "c-1");
  EXPECT_FALSE(change.external_id_derived());
  EXPECT_EQ(change.occurred_at_micros(), 1780000000'123456);
  EXPECT_EQ(FormatCivilDay(change.effective_day()), "2026-05-28");
  EXPECT_EQ(change.utc_offset_minutes(), 120);
  EXPECT_EQ(change.recorded_at_micros(), clock_.now);
  EXPECT_EQ(FormatCivilDay(change.recorded_day()), "2026-05-28");
  EXPECT_EQ(change.intent(), v1::INTENT_FACT);
  EXPECT_EQ(change.rules_version(), 1u);
  EXPECT_FALSE(change.has_preconditions());
  EXPECT_EQ(change.body().posting().total().minor(), 1250);
  EXPECT_EQ(change.body().posting().tenders(1).amount().minor(), 250);
  EXPECT_EQ(change.body().posting().tenders(1).amount().unit(), "");
  EXPECT_TRUE(new_keys_.empty());  // nothing to seal
}

TEST_F(PreparerTest, ClocksGoneWrongAreTakenAndLeftToTheFold) {
  for (const char* when : {"occurred_at { seconds: 100 }", "occurred_at { seconds: 4080000000 }"}) {
    const v1::Change change = With(kSale, std::string("effective_date: '' ") + when);
    const log::v1::Change made = MustPrepare(change);
    EXPECT_EQ(made.occurred_at_micros() / 1'000'000, change.occurred_at().seconds());
    EXPECT_EQ(made.effective_day(), CivilDayOf(made.occurred_at_micros(), 120));
  }
}

TEST_F(PreparerTest, DefaultsComeFromTheMerchantAndTheClock) {
  clock_.now = 1780010400'000000;  // 23:20 UTC on the 28th: the 29th in Paris and Saigon
  v1::Change change = Parse(kSale);
  change.clear_occurred_at();
  change.clear_effective_date();
  log::v1::Change made = MustPrepare(change);
  EXPECT_EQ(made.occurred_at_micros(), made.recorded_at_micros());
  EXPECT_EQ(FormatCivilDay(made.recorded_day()), "2026-05-29");
  EXPECT_EQ(FormatCivilDay(made.effective_day()), "2026-05-29");
  // The day it counts for is the channel's; the day it was recorded on is the merchant's.
  change.set_utc_offset_minutes(-300);
  made = MustPrepare(change);
  EXPECT_EQ(FormatCivilDay(made.effective_day()), "2026-05-28");
  EXPECT_EQ(FormatCivilDay(made.recorded_day()), "2026-05-29");
  EXPECT_EQ(made.utc_offset_minutes(), -300);
  change.set_merchant("saigon");
  change.clear_utc_offset_minutes();
  EXPECT_EQ(MustPrepare(change).utc_offset_minutes(), 420);
}

TEST_F(PreparerTest, StampsOfAMerchantAlwaysRise) {
  const int64_t first = MustPrepare(Parse(kSale)).recorded_at_micros();
  const int64_t second = MustPrepare(Parse(kSale)).recorded_at_micros();
  EXPECT_GT(second, first);
  clock_.now -= 86'400'000'000;  // a day back
  const log::v1::Change third = MustPrepare(Parse(kSale));
  EXPECT_GT(third.recorded_at_micros(), second);
  EXPECT_EQ(FormatCivilDay(third.recorded_day()), "2026-05-28");
  v1::Change other = Parse(kSale);
  other.set_merchant("other");
  EXPECT_EQ(MustPrepare(other).recorded_at_micros(), clock_.now);
}

TEST_F(PreparerTest, TheHashIsOfTheMeaning) {
  const std::string hash = HashOf(Parse(kSale));
  // Another id, another time: the same content.
  clock_.now += 1'000'000;
  EXPECT_EQ(HashOf(With(kSale, "id: '0190163d-8694-739b-aea5-966c26f8ad99'")), hash);
  // Other ways to write it.
  v1::Change change = Parse(kSale);
  auto* posting = change.mutable_body()->mutable_posting();
  posting->mutable_total()->set_minor(1250);
  posting->mutable_tenders(0)->mutable_amount()->set_decimal("10.000");
  posting->mutable_tenders(1)->mutable_amount()->clear_unit();
  posting->mutable_tax()->set_minor(0);
  posting->mutable_note()->set_plain("");
  change.mutable_occurred_at()->set_nanos(123456000);
  change.mutable_preconditions();
  EXPECT_EQ(HashOf(change), hash);
  // Other meanings, what the caller left out among them: 120 is the merchant's offset today.
  EXPECT_NE(HashOf(With(kSale, "utc_offset_minutes: 120")), hash);
  EXPECT_NE(HashOf(With(kSale, "source: 'till-2'")), hash);
  EXPECT_NE(HashOf(With(kSale, "actor: 'cashier-7'")), hash);
  EXPECT_NE(HashOf(With(kSale, "body { posting { code: 'S-2' } }")), hash);
  EXPECT_NE(HashOf(With(kSale, "merchant: 'saigon'")), hash);
}

TEST_F(PreparerTest, ACustomerHasOneForm) {
  const std::string over = "external_id: '' customer: ";
  const std::string hash =
      HashOf(With(kSale, over + "'customers/0190163D-8694-739B-AEA5-966C26F8AD91'"));
  EXPECT_EQ(HashOf(With(kSale, over + "'0190163d-8694-739b-aea5-966c26f8ad91'")), hash);
  const log::v1::Change change =
      MustPrepare(With(kSale, over + "'0190163d-8694-739b-aea5-966c26f8ad91'"));
  EXPECT_EQ(change.customer_id(), Uuid::Parse("0190163d-8694-739b-aea5-966c26f8ad91")->bytes());
}

// The canonical bytes stand behind every content hash in every log: they must never change.
TEST_F(PreparerTest, CanonicalBytesArePinned) {
  v1::Change change = Parse(kSale);
  Envelope envelope;
  ASSERT_FALSE(ReadEnvelope(change, &envelope));
  ASSERT_FALSE(Canonicalize(envelope, &change));
  std::string bytes;
  CanonicalBytes(&change, &bytes);
  v1::Change expected = Parse(R"(
    merchant: "shop" channel: "pos" source: "till-1" external_id: "c-1"
    occurred_at { seconds: 1780000000 nanos: 123456000 } effective_date: "2026-05-28" intent: INTENT_FACT
    body { posting { kind: VOUCHER_KIND_SALE code: "S-1" total { unit: "EUR" minor: 1250 }
      tenders { method: TENDER_METHOD_CASH amount { minor: 1000 } }
      tenders { method: TENDER_METHOD_ON_ACCOUNT amount { minor: 250 } } } })");
  EXPECT_EQ(bytes, expected.SerializeAsString());
  std::string hex;
  for (const char c : bytes) {
    constexpr char kHex[] = "0123456789abcdef";
    hex += kHex[static_cast<unsigned char>(c) >> 4];
    hex += kHex[c & 15];
  }
  EXPECT_EQ(
      hex,
      "120473686f701a03706f73220674696c6c2d312a03632d313a0b0880cae2d006108094ef3a420a323032362d3035"
      "2d"
      "323858016a25122308011203532d311a080a0345555218c413320708011a0318d00f320708081a0318f403");
}

TEST_F(PreparerTest, PersonalDataIsSealedUnderAKeyOfItsRecord) {
  const log::v1::Change change = MustPrepare(Parse(kContact));
  const auto& contact = change.body().contact_observed().contact();
  EXPECT_TRUE(contact.name().full().has_sealed());
  EXPECT_TRUE(contact.phones(0).has_sealed());
  EXPECT_GT(contact.phones(0).sealed().tokens_size(), 0);
  EXPECT_THAT(change.SerializeAsString(), testing::Not(testing::HasSubstr("Jeanne")));
  ASSERT_EQ(new_keys_.size(), 1u);
  const Uuid record = domain::RecordId("shop", "web", "site", "w-1");
  EXPECT_EQ(new_keys_[0].record_id, record);

  ASSERT_TRUE(keys_->Persist(new_keys_).ok());
  v1::Body body = change.body();
  const absl::Status opened = vault::Opener(keys_.get()).Open("shop", record, &body);
  ASSERT_TRUE(opened.ok()) << opened;
  EXPECT_EQ(body.contact_observed().contact().name().full().plain(), "Jeanne Dupont");
  EXPECT_EQ(body.contact_observed().contact().phones(0).normalized(), "+33612345678");
}

TEST_F(PreparerTest, AContactWithoutAnIdIsKnownByItsStrongestIdentifier) {
  v1::Change change = Parse(kContact);
  change.clear_external_id();
  const log::v1::Change by_phone = MustPrepare(change);
  EXPECT_TRUE(by_phone.external_id_derived());
  EXPECT_THAT(by_phone.external_id(), testing::StartsWith("phone:"));
  // The same person again, under another change.
  change.set_id("0190163d-8694-739b-aea5-966c26f8ad93");
  EXPECT_EQ(MustPrepare(change).external_id(), by_phone.external_id());
  // Nothing that identifies.
  change.mutable_body()->mutable_contact_observed()->mutable_contact()->clear_phones();
  EXPECT_EQ(MustPrepare(change).external_id(), change.id());
  // A walk-in's sale stays one.
  v1::Change sale = Parse(kSale);
  sale.clear_external_id();
  EXPECT_EQ(MustPrepare(sale).external_id(), "");
}

}  // namespace
}  // namespace carnet::gateway
