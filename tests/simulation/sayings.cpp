#include "tests/simulation/sayings.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "base/civil_date.h"
#include "base/sha256.h"
#include "domain/ledger/posting_table.h"

namespace carnet::simulation {
namespace {

using carnet::log::v1::Change;
using carnet::v1::Contact;
using carnet::v1::IdentityTokenKind;
using carnet::v1::Personal;
using carnet::v1::Posting;

constexpr std::array<const char*, 6> kUnits = {"EUR", "EUR", "EUR", "VND", "JPY", "KWD"};
constexpr size_t kIdBytes = 16;

// Amounts of a shop, and now and then one that 64 bits hold only just.
int64_t DrawAmount(Random* random) {
  if (random->Below(300) == 0) return INT64_MAX - random->Between(0, 1000);
  return random->Between(1, random->Chance(20) ? 1'000'000'000 : 20'000);
}

// Few, so that records share them and lose them again.
std::string DrawToken(Random* random) {
  std::string token = "token-" + std::to_string(random->Below(6));
  token.resize(kIdBytes, '.');
  return token;
}

Personal DrawSealed(Random* random) {
  Personal personal;
  personal.mutable_sealed()->set_key_id(random->Bytes(kIdBytes));
  personal.mutable_sealed()->set_box(random->Bytes(40));
  return personal;
}

Personal DrawSealedWith(Random* random, std::initializer_list<IdentityTokenKind> kinds) {
  Personal personal = DrawSealed(random);
  for (const IdentityTokenKind kind : kinds) {
    if (random->Chance(20)) continue;  // a value that is not valid has none
    auto* token = personal.mutable_sealed()->add_tokens();
    token->set_kind(kind);
    token->set_value(DrawToken(random));
  }
  return personal;
}

void FillContact(Random* random, Contact* contact) {
  using namespace carnet::v1;  // NOLINT: names of enumerators
  if (random->Chance(30)) {
    contact->set_type(random->Chance(50) ? PARTY_TYPE_CONSUMER : PARTY_TYPE_COMPANY);
  }
  if (random->Chance(60)) {
    *contact->mutable_name()->mutable_full() = DrawSealed(random);
    auto* token = contact->mutable_name()->add_tokens();
    token->set_kind(IDENTITY_TOKEN_KIND_NAME_FULL);
    token->set_value(DrawToken(random));
  }
  if (random->Chance(10)) *contact->mutable_company_name() = DrawSealed(random);
  for (uint64_t i = random->Below(3); i > 0; --i) {
    *contact->add_emails() = DrawSealedWith(
        random, {IDENTITY_TOKEN_KIND_EMAIL_EXACT, IDENTITY_TOKEN_KIND_EMAIL_CANONICAL});
  }
  for (uint64_t i = random->Below(3); i > 0; --i) {
    *contact->add_phones() = DrawSealedWith(random, {IDENTITY_TOKEN_KIND_PHONE});
  }
  if (random->Chance(20)) {
    auto* address = contact->add_addresses();
    *address->mutable_street() = DrawSealed(random);
    address->set_region("Île-de-France");
    address->set_country("FR");
  }
  if (random->Chance(10)) *contact->mutable_birth_date() = DrawSealed(random);
  if (random->Chance(10)) *contact->add_company_numbers()->mutable_number() = DrawSealed(random);
  if (random->Chance(20)) contact->set_language(random->Chance(50) ? "fr" : "vi-VN");
  if (random->Chance(10)) contact->set_country("VN");
}

std::string NewCode(Random* random, Source* source) {
  std::string code = source->name + "/" + std::to_string(source->codes.size() + 1);
  if (random->Chance(5)) code += "-é";
  return source->codes.emplace_back(std::move(code));
}

// Mostly a new one; sometimes none, so that one is generated; sometimes one that is taken, or that
// a void waits for.
std::string DrawCode(Random* random, Source* source) {
  if (random->Chance(15)) return {};
  if (!source->voided_early.empty() && random->Chance(30)) {
    return random->PickFrom(source->voided_early);
  }
  if (!source->codes.empty() && random->Chance(10)) return random->PickFrom(source->codes);
  return NewCode(random, source);
}

void FillTenders(Random* random, bool may_be_owed, Posting* posting) {
  using namespace carnet::v1;  // NOLINT: names of enumerators
  int64_t rest = posting->total().minor();
  if (random->Chance(10) && rest < INT64_MAX - 10) {
    const int64_t rounding = random->Between(-2, 2);
    if (rest + rounding > 0 && rounding != 0) {
      posting->mutable_rounding()->set_minor(rounding);
      rest += rounding;
    }
  }
  const uint64_t count = 1 + random->Below(3);
  for (uint64_t i = 0; i < count; ++i) {
    auto* tender = posting->add_tenders();
    const bool owed = may_be_owed && random->Chance(60);
    tender->set_method(
        owed
            ? (random->Chance(80) ? TENDER_METHOD_ON_ACCOUNT : TENDER_METHOD_CASH_ON_DELIVERY)
            : static_cast<TenderMethod>(random->Between(TENDER_METHOD_CASH, TENDER_METHOD_WALLET)));
    if (random->Chance(10)) tender->set_label("Visa 2");
    const int64_t part = i + 1 == count ? rest : random->Between(0, rest);
    tender->mutable_amount()->set_minor(part);
    rest -= part;
  }
}

void FillPosting(Random* random, Source* source, Posting* posting) {
  using namespace carnet::v1;  // NOLINT: names of enumerators
  const uint64_t draw = random->Below(100);
  const VoucherKind kind = draw < 40   ? VOUCHER_KIND_SALE
                           : draw < 50 ? VOUCHER_KIND_RETURN
                           : draw < 72 ? VOUCHER_KIND_RECEIPT
                           : draw < 77 ? VOUCHER_KIND_PAYMENT
                           : draw < 83 ? VOUCHER_KIND_OPENING
                           : draw < 86 ? VOUCHER_KIND_ADJUSTMENT
                           : draw < 88 ? VOUCHER_KIND_OFFSET
                           : draw < 90 ? VOUCHER_KIND_EXCHANGE
                           : draw < 95 ? VOUCHER_KIND_BILL
                           : draw < 96 ? VOUCHER_KIND_BILL_CREDIT
                           : draw < 99 ? VOUCHER_KIND_SUPPLIER_PAYMENT
                                       : VOUCHER_KIND_SUPPLIER_REFUND;
  const domain::PostingRule& rule = *domain::FindPostingRule(kind);
  posting->set_kind(kind);
  posting->set_code(DrawCode(random, source));
  posting->mutable_total()->set_unit(random->PickFrom(kUnits));
  posting->mutable_total()->set_minor(DrawAmount(random));
  if (random->Chance(20)) posting->set_category("retail");
  if (random->Chance(20)) posting->set_due_date("2026-06-15");
  if (random->Chance(10)) *posting->mutable_note() = DrawSealed(random);
  if (rule.has(domain::kSigned) && random->Chance(40)) {
    posting->mutable_total()->set_minor(-posting->total().minor());
  }
  if (rule.has(domain::kNamesAccount) && random->Chance(30)) {
    posting->set_account(CUSTOMER_ACCOUNT_PAYABLE);
  }
  if (rule.has(domain::kExchanged)) {
    auto* other = posting->mutable_exchanged();
    other->set_unit(posting->total().unit() == "USD" ? "EUR" : "USD");
    other->set_minor(posting->total().minor() < 0 ? -random->Between(1, 90'000)
                                                  : random->Between(1, 90'000));
  }
  if (rule.has(domain::kTax) && random->Chance(40)) {
    posting->mutable_tax()->set_minor(random->Between(0, posting->total().minor() / 4));
  }
  if (rule.tenders != domain::Tenders::kNone) {
    FillTenders(random, rule.tenders == domain::Tenders::kMoneyOrAccount, posting);
  }
}

void DrawIntent(Random* random, uint64_t facts_in_hundred, Change* change) {
  change->set_intent(random->Chance(facts_in_hundred) ? carnet::v1::INTENT_FACT
                                                      : carnet::v1::INTENT_REQUEST);
}

}  // namespace

void SayContact(Random* random, Change* change) {
  FillContact(random, change->mutable_body()->mutable_contact_observed()->mutable_contact());
  DrawIntent(random, 80, change);
}

void SayPosting(Random* random, Source* source, Change* change) {
  Posting* posting = change->mutable_body()->mutable_posting();
  FillPosting(random, source, posting);
  const bool has_customer = !change->external_id().empty() || !change->customer_id().empty();
  if (has_customer && random->Chance(25)) {
    FillContact(random, posting->mutable_contact()->mutable_contact());
  }
  const auto& rule = *domain::FindPostingRule(posting->kind());
  DrawIntent(random, rule.intents == domain::Intents::kRequest ? 0 : 75, change);
}

void SaySetDebt(Random* random, Source* source, Change* change) {
  // Few figures, so that the debt often is what it shall be, or what its author saw.
  static constexpr std::array<int64_t, 4> kDebts = {0, 1000, -500, 70'000};
  auto* set_debt = change->mutable_body()->mutable_set_debt();
  set_debt->mutable_target()->set_unit(random->PickFrom(kUnits));
  set_debt->mutable_target()->set_minor(random->Chance(20) ? random->Between(-100'000, 100'000)
                                                           : random->PickFrom(kDebts));
  if (random->Chance(30)) set_debt->set_code(DrawCode(random, source));
  if (random->Chance(10)) *set_debt->mutable_note() = DrawSealed(random);
  if (random->Chance(40)) {
    change->mutable_preconditions()->mutable_expected_balance()->set_minor(
        random->PickFrom(kDebts));
  }
  change->set_intent(carnet::v1::INTENT_REQUEST);
}

void SayReversal(Random* random, Source* source, Change* change) {
  auto* reversal = change->mutable_body()->mutable_reversal();
  if (source->codes.empty() || random->Chance(20)) {
    // Before its voucher, or of one that never comes.
    reversal->set_target_code(
        random->Chance(80) ? source->voided_early.emplace_back(NewCode(random, source)) : "never");
  } else {
    reversal->set_target_code(random->PickFrom(source->codes));
  }
  if (random->Chance(50)) reversal->set_code(DrawCode(random, source));
  if (random->Chance(10)) *reversal->mutable_note() = DrawSealed(random);
  DrawIntent(random, 60, change);
}

void SayAssignment(Random* random, Source* source, Change* change) {
  auto* assign = change->mutable_body()->mutable_assign_voucher();
  assign->set_target_code(source->codes.empty() ? "never" : random->PickFrom(source->codes));
  if (random->Chance(30)) assign->set_code(DrawCode(random, source));
  if (random->Chance(10)) *assign->mutable_note() = DrawSealed(random);
  change->set_intent(carnet::v1::INTENT_REQUEST);
}

void SayBookDates(Random* random, int32_t today, Change* change) {
  auto* dates = change->mutable_body()->mutable_set_book_dates();
  if (random->Chance(80)) {
    dates->set_closed_until(
        random->Chance(20) ? ""
                           : FormatCivilDay(today - static_cast<int32_t>(random->Between(-2, 30))));
  }
  if (random->Chance(30)) {
    dates->set_floor(random->Chance(50) ? ""
                                        : FormatCivilDay(today - static_cast<int32_t>(
                                                                     random->Between(100, 2000))));
  }
  change->set_intent(carnet::v1::INTENT_REQUEST);
}

std::string DrawExternalId(Random* random) {
  static const std::array<std::string, 8> kIds = {
      "A", "B", "C", "pos:customer:17", "khách-số-1", " ", std::string(128, 'x'), "é"};
  if (random->Chance(10)) return {};
  return random->Chance(40) ? kIds.front() : random->PickFrom(kIds);
}

std::string ContentHashOf(const Change& change) {
  Change content = change;
  content.clear_id();
  content.clear_content_hash();
  content.clear_recorded_at_micros();
  content.clear_recorded_day();
  return Sha256(content.SerializeAsString()).substr(0, kIdBytes);
}

}  // namespace carnet::simulation
