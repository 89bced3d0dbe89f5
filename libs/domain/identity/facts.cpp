#include "domain/identity/facts.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace carnet::domain::identity {
namespace {

using carnet::log::v1::IdentityRow;
using carnet::log::v1::SeenAddress;
using carnet::log::v1::SeenName;
using carnet::log::v1::SeenNamePart;
using carnet::log::v1::SeenValue;
using carnet::v1::Contact;
using carnet::v1::IdentityToken;
using carnet::v1::IdentityTokenKind;
using carnet::v1::Personal;

using Tokens = google::protobuf::RepeatedPtrField<IdentityToken>;

int64_t Seconds(int64_t micros) {
  const int64_t seconds = micros / 1'000'000;
  return micros < 0 && seconds * 1'000'000 != micros ? seconds - 1 : seconds;
}

int64_t LastAt(const SeenValue& value) {
  return value.first_at() + static_cast<int64_t>(value.lasted());
}

// Latest first; what is equally late by token, so that the order of arrival is without influence.
bool IsBefore(const SeenValue& a, const SeenValue& b) {
  return std::tuple(-LastAt(a), a.kind(), a.token()) < std::tuple(-LastAt(b), b.kind(), b.token());
}
template <typename Seen>
bool IsBefore(const Seen& a, const Seen& b) {
  return std::tuple(-a.last_at(), a.full()) < std::tuple(-b.last_at(), b.full());
}

template <typename Seen>
void SortAndCut(int most, google::protobuf::RepeatedPtrField<Seen>* all) {
  std::sort(all->begin(), all->end(), [](const Seen& a, const Seen& b) { return IsBefore(a, b); });
  while (all->size() > most) all->RemoveLast();
}

void LearnValue(carnet::v1::IdentityTokenKind kind, const Personal& value, int64_t at,
                IdentityRow* row) {
  for (const IdentityToken& token : value.sealed().tokens()) {
    if (token.kind() != kind) continue;
    SeenValue* seen = nullptr;
    for (SeenValue& known : *row->mutable_values()) {
      if (known.kind() == kind && known.token() == Short(token.value())) seen = &known;
    }
    if (seen == nullptr) {
      seen = row->add_values();
      seen->set_kind(kind);
      seen->set_token(Short(token.value()));
      seen->set_first_at(at);
    }
    const int64_t first = std::min(seen->first_at(), at);
    const int64_t last = std::max(LastAt(*seen), at);
    seen->set_first_at(first);
    seen->set_lasted(static_cast<uint64_t>(last - first));
    // Where two observations disagree about the line, the number is what more people may share.
    for (const int flag : value.flags()) {
      if (flag == carnet::v1::VALUE_FLAG_LANDLINE ||
          (flag == carnet::v1::VALUE_FLAG_MOBILE &&
           seen->line() != carnet::v1::VALUE_FLAG_LANDLINE)) {
        seen->set_line(static_cast<carnet::v1::ValueFlag>(flag));
      }
    }
  }
}

// False where the tokens hold no name.
bool ReadName(const Tokens& tokens, SeenName* name) {
  SeenNamePart* part = nullptr;
  for (const IdentityToken& token : tokens) {
    switch (token.kind()) {
      case carnet::v1::IDENTITY_TOKEN_KIND_NAME_PART:
      case carnet::v1::IDENTITY_TOKEN_KIND_NAME_GIVEN:
      case carnet::v1::IDENTITY_TOKEN_KIND_NAME_FAMILY:
        part = name->add_parts();
        part->set_kind(token.kind());
        part->set_token(Short(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_NAME_ROOT:
        if (part != nullptr) part->set_root(Short(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_NAME_INITIAL:
        if (part != nullptr) part->set_initial(Shorter(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_NAME_DELETION:
        if (part != nullptr) part->add_deletions(Shorter(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_NAME_FULL:
        name->set_full(Short(token.value()));
        break;
      default:
        break;
    }
  }
  return name->parts_size() > 0 && name->full() != 0;
}

// Knows a name or an address by its whole; the newest saying counts.
template <typename Seen>
void LearnWhole(Seen seen, int most, google::protobuf::RepeatedPtrField<Seen>* all) {
  for (Seen& known : *all) {
    if (known.full() != seen.full()) continue;
    if (IsBefore(seen, known)) known = std::move(seen);
    SortAndCut(most, all);
    return;
  }
  *all->Add() = std::move(seen);
  SortAndCut(most, all);
}

void LearnAddress(const carnet::v1::Address& address, int64_t at, IdentityRow* row) {
  SeenAddress seen;
  seen.set_last_at(at);
  for (const IdentityToken& token : address.tokens()) {
    switch (token.kind()) {
      case carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_FULL:
        seen.set_full(Short(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_NO_POSTCODE:
        seen.set_no_postcode(Short(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_STREET:
        seen.set_street(Shorter(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_TOWN:
        seen.set_town(Shorter(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_HOUSE_NUMBER:
        seen.set_house_number(Shorter(token.value()));
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_DOOR:
        seen.set_door(Short(token.value()));
        break;
      default:
        break;
    }
  }
  if (seen.full() != 0) LearnWhole(std::move(seen), kMaxAddresses, row->mutable_addresses());
}

void LearnBirthDate(const Personal& date, int64_t at, IdentityRow* row) {
  carnet::log::v1::SeenBirthDate seen;
  seen.set_at(at);
  for (const IdentityToken& token : date.sealed().tokens()) {
    if (token.kind() == carnet::v1::IDENTITY_TOKEN_KIND_BIRTH_DATE) {
      seen.set_token(Short(token.value()));
    } else if (token.kind() == carnet::v1::IDENTITY_TOKEN_KIND_BIRTH_DATE_NEAR) {
      seen.add_near(Shorter(token.value()));
    }
  }
  if (seen.token() == 0) return;
  const auto& known = row->birth_date();
  if (!row->has_birth_date() ||
      std::pair(at, seen.token()) > std::pair(known.at(), known.token())) {
    *row->mutable_birth_date() = std::move(seen);
  }
}

void LearnNumbers(const Contact& contact, int64_t at, IdentityRow* row) {
  std::vector<uint64_t> tokens;
  for (const auto& number : contact.company_numbers()) {
    for (const IdentityToken& token : number.number().sealed().tokens()) {
      if (token.kind() == carnet::v1::IDENTITY_TOKEN_KIND_COMPANY_NUMBER)
        tokens.push_back(Short(token.value()));
    }
  }
  if (tokens.empty()) return;
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  auto* known = row->mutable_company_numbers();
  const std::vector<uint64_t> before(known->tokens().begin(), known->tokens().end());
  if (std::pair(known->at(), before) >= std::pair(at, tokens) && !before.empty()) return;
  known->set_at(at);
  known->mutable_tokens()->Assign(tokens.begin(), tokens.end());
}

}  // namespace

uint64_t Short(std::string_view token) { return token.size() < 8 ? 0 : ReadBigEndian64(token); }
uint32_t Shorter(std::string_view token) { return Shorter(Short(token)); }

bool Learn(const Contact& contact, int64_t at_micros, IdentityRow* row) {
  const int64_t at = Seconds(at_micros);
  const std::string before = row->SerializeAsString();
  for (const Personal& phone : contact.phones()) {
    LearnValue(carnet::v1::IDENTITY_TOKEN_KIND_PHONE, phone, at, row);
  }
  for (const Personal& email : contact.emails()) {
    LearnValue(carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL, email, at, row);
  }
  SortAndCut(kMaxValues, row->mutable_values());
  SeenName name;
  if (ReadName(contact.name().tokens(), &name)) {
    name.set_last_at(at);
    name.set_self_chosen(contact.name().self_chosen());
    LearnWhole(std::move(name), kMaxNames, row->mutable_names());
  }
  SeenName company;
  if (ReadName(contact.company_name().sealed().tokens(), &company)) {
    company.set_last_at(at);
    if (!row->has_company_name() || IsBefore(company, row->company_name()))
      *row->mutable_company_name() = std::move(company);
  }
  for (const auto& address : contact.addresses()) LearnAddress(address, at, row);
  if (contact.has_birth_date()) LearnBirthDate(contact.birth_date(), at, row);
  LearnNumbers(contact, at, row);
  if (contact.type() != carnet::v1::PARTY_TYPE_UNSPECIFIED &&
      (row->type() == carnet::v1::PARTY_TYPE_UNSPECIFIED ||
       std::pair<int64_t, int>(at, contact.type()) >
           std::pair<int64_t, int>(row->type_at(), row->type()))) {
    row->set_type(contact.type());
    row->set_type_at(at);
  }
  return row->SerializeAsString() != before;
}

void Forget(const std::vector<uint32_t>& fields, int64_t at_micros, IdentityRow* row) {
  const int64_t at = Seconds(at_micros);
  const auto drop_values = [&](carnet::v1::IdentityTokenKind kind) {
    auto* values = row->mutable_values();
    values->erase(std::remove_if(values->begin(), values->end(),
                                 [&](const SeenValue& value) {
                                   return value.kind() == kind && LastAt(value) <= at;
                                 }),
                  values->end());
  };
  const auto drop = [&](auto* seen) {
    seen->erase(std::remove_if(seen->begin(), seen->end(),
                               [&](const auto& each) { return each.last_at() <= at; }),
                seen->end());
  };
  for (const uint32_t field : fields) {
    switch (field) {
      case Contact::kNameFieldNumber:
        drop(row->mutable_names());
        break;
      case Contact::kCompanyNameFieldNumber:
        if (row->company_name().last_at() <= at) row->clear_company_name();
        break;
      case Contact::kEmailsFieldNumber:
        drop_values(carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL);
        break;
      case Contact::kPhonesFieldNumber:
        drop_values(carnet::v1::IDENTITY_TOKEN_KIND_PHONE);
        break;
      case Contact::kAddressesFieldNumber:
        drop(row->mutable_addresses());
        break;
      case Contact::kBirthDateFieldNumber:
        if (row->birth_date().at() <= at) row->clear_birth_date();
        break;
      case Contact::kCompanyNumbersFieldNumber:
        if (row->company_numbers().at() <= at) row->clear_company_numbers();
        break;
      default:
        break;
    }
  }
}

std::pair<IdentityTokenKind, uint64_t> HomeOf(const SeenAddress& address) {
  if (address.door() != 0) return {carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_DOOR, address.door()};
  return {carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_FULL, address.full()};
}

bool IsHome(IdentityTokenKind kind) {
  return kind == carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_DOOR ||
         kind == carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_FULL;
}

void ForEachSharedValue(const IdentityRow& row, const VisitValue& visit) {
  for (const SeenValue& value : row.values()) visit(value.kind(), value.token());
  if (row.has_birth_date())
    visit(carnet::v1::IDENTITY_TOKEN_KIND_BIRTH_DATE, row.birth_date().token());
  for (const uint64_t number : row.company_numbers().tokens())
    visit(carnet::v1::IDENTITY_TOKEN_KIND_COMPANY_NUMBER, number);
  // Each once: several ways of writing an address have one door.
  for (auto address = row.addresses().begin(); address != row.addresses().end(); ++address) {
    const auto home = HomeOf(*address);
    const bool is_first =
        std::none_of(row.addresses().begin(), address,
                     [&](const SeenAddress& other) { return HomeOf(other) == home; });
    if (is_first) visit(home.first, home.second);
  }
  const bool is_company = row.type() == carnet::v1::PARTY_TYPE_COMPANY && row.has_company_name();
  const auto visit_name = [&](const SeenName& name) {
    if (name.parts_size() > 1) visit(carnet::v1::IDENTITY_TOKEN_KIND_NAME_FULL, name.full());
  };
  for (const SeenName& name : row.names()) {
    if (!is_company || name.full() != row.company_name().full()) visit_name(name);
  }
  if (is_company) visit_name(row.company_name());
}

}  // namespace carnet::domain::identity
