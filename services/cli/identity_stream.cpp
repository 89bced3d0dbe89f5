#include "cli/identity_stream.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include <google/protobuf/struct.pb.h>

#include "cli/json.h"

namespace carnet::cli {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

std::string Text(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? std::string() : found->second.string_value();
}

const Struct& Inside(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? Struct::default_instance() : found->second.struct_value();
}

void SetPlain(const std::string& text, v1::Personal* value) { value->set_plain(text); }

void ReadFields(const Struct& fields, v1::Contact* contact) {
  if (const auto email = Text(fields, "email"); !email.empty())
    SetPlain(email, contact->add_emails());
  if (const auto phone = Text(fields, "phone"); !phone.empty())
    SetPlain(phone, contact->add_phones());
  if (const auto given = Text(fields, "given_name"); !given.empty())
    SetPlain(given, contact->mutable_name()->mutable_given());
  if (const auto family = Text(fields, "family_name"); !family.empty())
    SetPlain(family, contact->mutable_name()->mutable_family());
  if (const auto name = Text(fields, "name"); !name.empty())
    SetPlain(name, contact->mutable_name()->mutable_full());
  if (const auto shown = Text(fields, "display_name"); !shown.empty()) {
    SetPlain(shown, contact->mutable_name()->mutable_full());
    contact->mutable_name()->set_self_chosen(true);
  }
  if (const auto company = Text(fields, "company_name"); !company.empty())
    SetPlain(company, contact->mutable_company_name());
  if (const auto date = Text(fields, "birth_date"); !date.empty())
    SetPlain(date, contact->mutable_birth_date());
  for (const std::string scheme : {"siret", "vat", "company_number"}) {
    const auto number = Text(fields, scheme);
    if (number.empty()) continue;
    auto* added = contact->add_company_numbers();
    if (scheme != "company_number") added->set_scheme(scheme);
    SetPlain(number, added->mutable_number());
  }
  const Struct& address = Inside(fields, "address");
  if (!address.fields().empty()) {
    v1::Address* const added = contact->add_addresses();
    if (const auto street = Text(address, "street"); !street.empty())
      SetPlain(street, added->mutable_street());
    if (const auto postcode = Text(address, "postcode"); !postcode.empty())
      SetPlain(postcode, added->mutable_postcode());
    if (const auto town = Text(address, "city"); !town.empty())
      SetPlain(town, added->mutable_town());
    added->set_country(Text(address, "country"));
  }
}

}  // namespace

absl::StatusOr<IdentityEvent> ReadIdentityEvent(std::string_view line) {
  Struct object;
  if (absl::Status status = FromJson(line, &object); !status.ok()) return status;
  IdentityEvent event;
  const auto index = object.fields().find("index");
  if (index != object.fields().end())
    event.index = static_cast<int64_t>(index->second.number_value());
  event.merchant = Text(object, "merchant");
  event.channel = Text(object, "channel");
  event.external_id = Text(object, "external_id");
  for (const auto& [name, value] :
       {std::pair("merchant", &event.merchant), std::pair("channel", &event.channel),
        std::pair("external_id", &event.external_id)}) {
    if (value->empty()) return absl::InvalidArgumentError(absl::StrCat(name, " is missing"));
  }
  absl::Time at;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, Text(object, "occurred_at"), &at, &error))
    return absl::InvalidArgumentError(absl::StrCat("occurred_at: ", error));
  event.occurred_at_micros = absl::ToUnixMicros(at);
  event.contact.set_type(Text(object, "kind") == "company" ? v1::PARTY_TYPE_COMPANY
                                                           : v1::PARTY_TYPE_CONSUMER);
  event.contact.set_country(Text(object, "region"));
  ReadFields(Inside(object, "fields"), &event.contact);
  return event;
}

}  // namespace carnet::cli
