#include "query/full_card.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"

#include "base/fatal.h"
#include "carnet/log/v1/card_rows.pb.h"
#include "domain/customers/catalogue.h"
#include "domain/customers/links.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "query/names.h"
#include "query/row_scan.h"
#include "query/timestamps.h"
#include "vault/normalize/birth_date.h"
#include "vault/normalize/company_number.h"
#include "vault/normalize/email.h"
#include "vault/normalize/typos.h"

namespace carnet::query {
namespace {

using carnet::v1::Contact;
using carnet::v1::Customer;
using carnet::v1::FieldWarning;
using domain::Family;

bool IsFlagged(const carnet::v1::Personal& value, carnet::v1::ValueFlag flag) {
  return std::find(value.flags().begin(), value.flags().end(), flag) != value.flags().end();
}

bool HasField(const Contact& contact, const std::string& name) {
  const auto field = domain::ParseCardField(name);
  if (!field) return true;
  if (!field->key.empty()) {
    return std::any_of(contact.custom().begin(), contact.custom().end(),
                       [&](const auto& value) { return value.key() == field->key; });
  }
  const auto* descriptor = domain::ContactField(field->number);
  const auto* reflection = contact.GetReflection();
  return descriptor->is_repeated() ? reflection->FieldSize(contact, descriptor) > 0
                                   : reflection->HasField(contact, descriptor);
}

void AddConsents(const domain::Reader& reader, std::string_view merchant,
                 carnet::v1::IdentityTokenKind kind, const std::string& token,
                 const std::string& normalized, Customer* card) {
  const std::string prefix = domain::ConsentPrefix(merchant, kind, token);
  reader.Scan(Family::kConsents, prefix, [&](std::string_view key, std::string_view value) {
    carnet::log::v1::ConsentRow row;
    CARNET_ASSERT(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    auto* consent = card->add_consents();
    if (kind == carnet::v1::IDENTITY_TOKEN_KIND_PHONE) {
      consent->set_phone(normalized);
    } else {
      consent->set_email(normalized);
    }
    const std::string_view purpose = key.substr(prefix.size());
    consent->set_purpose(purpose.data(), purpose.size());
    consent->set_state(row.state());
    SetTimestamp(row.as_of_micros(), consent->mutable_at());
    consent->set_how(row.how());
    consent->set_place(row.place());
    consent->set_channel(row.channel());
    consent->set_source(row.source());
    consent->set_change_number(row.change_number());
    return true;
  });
}

// Customers of the records that stand in a relation to any of the members; not the customer itself.
std::set<Uuid> Related(const domain::Reader& reader, std::string_view merchant,
                       domain::Relation relation, const std::vector<Uuid>& members) {
  std::set<Uuid> related;
  for (const Uuid& member : members) {
    reader.Scan(Family::kRelations, domain::RelationPrefix(merchant, relation, member.bytes()),
                [&](std::string_view key, std::string_view) {
                  const auto record = Uuid::FromBytes(key.substr(key.size() - Uuid::kSize));
                  const auto customer = domain::CustomerOfRecord(reader, merchant, *record);
                  if (customer && *customer != members.front()) related.insert(*customer);
                  return true;
                });
  }
  return related;
}

bool HasBought(const domain::Reader& reader, std::string_view merchant, const Uuid& customer) {
  for (const Uuid& member : domain::MembersOf(reader, merchant, customer)) {
    std::string row;
    UnitBalances sums;
    if (!reader.Get(Family::kAccounts, domain::RecordKey(merchant, member), &row)) continue;
    AddBalancesOfAccountRow(row, &sums);
    if (std::any_of(sums.begin(), sums.end(), [](const auto& sum) { return sum.sales > 0; }))
      return true;
  }
  return false;
}

void Warn(std::string field, std::string_view reason, std::string_view detail,
          std::string suggestion, std::vector<FieldWarning>* warnings) {
  FieldWarning& warning = warnings->emplace_back();
  warning.set_field(std::move(field));
  warning.set_reason(reason.data(), reason.size());
  warning.set_detail(detail.data(), detail.size());
  warning.set_suggestion(std::move(suggestion));
}

}  // namespace

std::vector<FieldWarning> WarningsOf(const Contact& contact) {
  std::vector<FieldWarning> warnings;
  for (int i = 0; i < contact.emails_size(); ++i) {
    const std::string& typed = contact.emails(i).plain();
    std::string suggestion = vault::SuggestEmail(typed);
    const bool invalid = vault::NormalizeEmail(typed).kind == vault::EmailKind::kInvalid;
    const std::string field = absl::StrCat("emails[", i, "]");
    if (invalid) {
      Warn(field, "EMAIL_INVALID", "this is no e-mail address", std::move(suggestion), &warnings);
    } else if (!suggestion.empty()) {
      Warn(field, "EMAIL_TYPO", "this may be a typing error", std::move(suggestion), &warnings);
    }
  }
  for (int i = 0; i < contact.phones_size(); ++i) {
    if (IsFlagged(contact.phones(i), carnet::v1::VALUE_FLAG_INVALID)) {
      Warn(absl::StrCat("phones[", i, "]"), "PHONE_INVALID",
           "no phone has this number; without a country code it was read in the merchant's country",
           {}, &warnings);
    }
  }
  if (!contact.web_site().plain().empty()) {
    const std::string& typed = contact.web_site().plain();
    std::string suggestion = vault::SuggestWebSite(typed);
    if (!vault::IsWebSite(typed)) {
      Warn("web_site", "WEB_SITE_INVALID", "this is no web site", std::move(suggestion), &warnings);
    } else if (!suggestion.empty()) {
      Warn("web_site", "WEB_SITE_TYPO", "this may be a typing error", std::move(suggestion),
           &warnings);
    }
  }
  for (int i = 0; i < contact.company_numbers_size(); ++i) {
    const auto& number = contact.company_numbers(i);
    if (vault::NormalizeCompanyNumber(number.scheme(), number.number().plain()).kind ==
        vault::CompanyNumberKind::kInvalid) {
      Warn(absl::StrCat("company_numbers[", i, "]"), "COMPANY_NUMBER_INVALID",
           "its length or check digits are not those of such a number", {}, &warnings);
    }
  }
  if (!contact.birth_date().plain().empty() &&
      vault::NormalizeBirthDate(contact.birth_date().plain()).kind ==
          vault::BirthDateKind::kInvalid) {
    Warn("birth_date", "BIRTH_DATE_INVALID", "a date of birth is written YYYY-MM-DD", {},
         &warnings);
  }
  return warnings;
}

std::vector<std::string> MissingFields(const carnet::v1::MerchantPolicy& policy,
                                       const Customer& card) {
  std::vector<std::string> missing;
  const auto is_known_to = [&](const auto& channels) {
    return channels.empty() ||
           std::any_of(card.records().begin(), card.records().end(), [&](const auto& record) {
             return std::find(channels.begin(), channels.end(), record.channel()) != channels.end();
           });
  };
  const auto check = [&](const std::string& name) {
    if (!HasField(card.contact(), name)) missing.push_back(name);
  };
  for (const auto& rule : policy.fields()) {
    if (rule.required() && is_known_to(rule.channels())) check(rule.field());
  }
  for (const auto& field : policy.custom_fields()) {
    if (field.required() && is_known_to(field.channels())) check("custom." + field.key());
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

absl::Status CompleteCard(const domain::Reader& reader, const vault::Lookup& lookup,
                          const carnet::v1::MerchantPolicy& policy, std::string_view merchant,
                          Customer* card) {
  for (std::string& name : MissingFields(policy, *card)) card->add_missing_fields(std::move(name));
  for (FieldWarning& warning : WarningsOf(card->contact())) card->add_warnings()->Swap(&warning);
  for (const auto& email : card->contact().emails()) {
    const auto token = lookup.EmailToken(merchant, email.normalized());
    if (!token.ok()) return token.status();
    if (token->empty()) continue;
    AddConsents(reader, merchant, carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT, *token,
                email.normalized(), card);
  }
  for (const auto& phone : card->contact().phones()) {
    if (phone.normalized().empty()) continue;
    const auto token = lookup.PhoneToken(merchant, phone.normalized(), "");
    if (!token.ok()) return token.status();
    if (token->empty()) continue;
    AddConsents(reader, merchant, carnet::v1::IDENTITY_TOKEN_KIND_PHONE, *token, phone.normalized(),
                card);
  }
  std::vector<Uuid> members;
  for (const auto& record : card->records()) {
    members.push_back(*domain::ParseCustomerId(record.name()));
  }
  const std::set<Uuid> referred = Related(reader, merchant, domain::Relation::kReferred, members);
  card->set_referred(static_cast<int32_t>(referred.size()));
  card->set_referred_buyers(static_cast<int32_t>(
      std::count_if(referred.begin(), referred.end(),
                    [&](const Uuid& customer) { return HasBought(reader, merchant, customer); })));
  for (const Uuid& contact : Related(reader, merchant, domain::Relation::kContact, members)) {
    card->add_contacts(FormatRecordName(contact));
  }
  return absl::OkStatus();
}

}  // namespace carnet::query
