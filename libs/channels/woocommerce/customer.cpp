#include "channels/woocommerce/customer.h"

#include "absl/strings/str_cat.h"

#include "channels/signature.h"
#include "channels/values.h"
#include "domain/reasons.h"

namespace carnet::channels::woocommerce {
namespace {

// Roles come from WordPress, where editors and managers have accounts, too; plug-ins add roles such
// as "wholesale_customer".
bool IsCustomerRole(const Json& body) {
  const std::string role = LowerCase(Trimmed(body["role"].text()));
  return role.empty() || role.find("customer") != std::string::npos ||
         (role == "subscriber" && body["is_paying_customer"].is_true());
}

// Where plug-ins keep them, without "_" and "billing_" in front.
struct NumberKey {
  std::string_view key, scheme;
};
constexpr NumberKey kNumberKeys[] = {
    {"vat_number", "vat"}, {"vat", "vat"},      {"eu_vat_number", "vat"},
    {"eu_vat", "vat"},     {"vat_id", "vat"},   {"vat_no", "vat"},
    {"tva", "vat"},        {"vat_code", "vat"}, {"partita_iva", "vat"},
    {"piva", "vat"},       {"tax_id", ""},      {"tax_number", ""},
    {"nif", ""},           {"cif", ""},         {"tax_code", ""},
    {"siret", "siret"},    {"siren", "siren"},  {"mst", "mst"},
    {"ma_so_thue", "mst"}, {"masothue", "mst"},
};

}  // namespace

void AddAddress(const Json& part, v1::AddressUse use, ContactBuilder* builder) {
  builder->Address(
      {.recipient = Trimmed(part["first_name"].text() + " " + part["last_name"].text()),
       .line1 = part["address_1"].text(),
       .line2 = part["address_2"].text(),
       .postcode = part["postcode"].text(),
       .town = part["city"].text(),
       .region = part["state"].text(),
       .country = part["country"].text()},
      use);
}

void AddCompanyNumbers(const Json& meta_data, ContactBuilder* builder) {
  for (const Json& entry : meta_data.items()) {
    std::string key = LowerCase(entry["key"].text());
    key.erase(0, key.find_first_not_of('_'));
    if (key.starts_with("billing_")) key.erase(0, 8);
    const std::string& value = entry["value"].text();
    for (const NumberKey& known : kNumberKeys) {
      if (key == known.key) builder->CompanyNumber(known.scheme, value);
    }
  }
}

std::optional<Instant> ShopTime(const Json& object, std::string_view name) {
  const std::string field(name);
  const auto local = ParseInstant(object[field].text());
  auto utc = ParseInstant(object[field + "_gmt"].text());
  if (!utc) return local;
  if (!local) return utc;
  const int64_t minutes = (local->micros - utc->micros) / 60'000'000;
  if (minutes >= -18 * 60 && minutes <= 18 * 60)
    utc->offset_minutes = static_cast<int32_t>(minutes);
  utc->date = local->date;
  return utc;
}

Meaning ReadCustomer(const Delivery& delivery, std::string_view topic, const Json& body) {
  const std::string& source = delivery.settings.source;
  const std::string id = IdText(body["id"]);
  const std::string hash = Sha256Hex(delivery.body);
  if (id.empty()) {
    return UnusableBody(absl::StrCat("woocommerce|", source, "|", hash),
                        domain::reason::kExternalIdMalformed, "the customer has no id");
  }
  Item item;
  ContactMeaning& contact = item.contact.emplace();
  contact.external_id = "customer:" + id;
  if (topic == "customer.deleted") {
    contact.op = ContactOp::kUnlink;
    item.key = absl::StrCat("woocommerce|", source, "|customer|", id, "|deleted|",
                            delivery.received_at_micros);
    Meaning meaning;
    meaning.items.push_back(std::move(item));
    return meaning;
  }
  if (!IsCustomerRole(body)) {
    return Ignored(absl::StrCat("an account of the shop's staff, not a customer: role ",
                                CutUtf8(Trimmed(body["role"].text()), 60)));
  }
  const Json& version = body["date_modified_gmt"].text().empty() ? body["date_created_gmt"]
                                                                 : body["date_modified_gmt"];
  item.key = absl::StrCat("woocommerce|", source, "|customer|", id, "|", version.text(), "|", hash);
  if (const auto at = ParseInstant(version.text())) item.occurred_at_micros = at->micros;

  contact.op = ContactOp::kUpsert;
  ContactBuilder builder(&contact.contact);
  const Json& billing = body["billing"];
  const Json& shipping = body["shipping"];
  builder.Name(body["first_name"].text(), body["last_name"].text());
  builder.Name(billing["first_name"].text(), billing["last_name"].text());
  builder.Name(shipping["first_name"].text(), shipping["last_name"].text());
  builder.Company(billing["company"].text());
  builder.Company(shipping["company"].text());
  builder.Email(body["email"].text());
  builder.Email(billing["email"].text());
  builder.Phone(billing["phone"].text());
  builder.RecipientPhone(shipping["phone"].text(), shipping["first_name"].text(),
                         shipping["last_name"].text());
  builder.Country(billing["country"].text());
  builder.Country(shipping["country"].text());
  AddAddress(billing, v1::ADDRESS_USE_BILLING, &builder);
  AddAddress(shipping, v1::ADDRESS_USE_SHIPPING, &builder);
  AddCompanyNumbers(body["meta_data"], &builder);
  Meaning meaning;
  meaning.items.push_back(std::move(item));
  return meaning;
}

}  // namespace carnet::channels::woocommerce
