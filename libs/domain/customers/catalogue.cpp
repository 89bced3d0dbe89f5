#include "domain/customers/catalogue.h"

#include "carnet/v1/contact.pb.h"
#include "domain/form.h"

namespace carnet::domain {
namespace {

using carnet::v1::Contact;

constexpr std::string_view kCustom = "custom.";

}  // namespace

std::optional<CardField> ParseCardField(std::string_view name) {
  if (name.starts_with(kCustom)) {
    name.remove_prefix(kCustom.size());
    if (!IsName(name)) return std::nullopt;
    return CardField{Contact::kCustomFieldNumber, std::string(name)};
  }
  const auto* field = Contact::descriptor()->FindFieldByName(std::string(name));
  if (field == nullptr || field->number() == Contact::kCustomFieldNumber) return std::nullopt;
  return CardField{static_cast<uint32_t>(field->number()), {}};
}

std::string CardFieldName(uint32_t number, std::string_view key) {
  if (number == Contact::kCustomFieldNumber) return std::string(kCustom) + std::string(key);
  const auto* field = ContactField(number);
  return field == nullptr ? std::string() : field->name();
}

const google::protobuf::FieldDescriptor* ContactField(uint32_t number) {
  return Contact::descriptor()->FindFieldByNumber(static_cast<int>(number));
}

}  // namespace carnet::domain
