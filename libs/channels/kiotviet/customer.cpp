#include "channels/kiotviet/customer.h"

#include <string>
#include <utility>

#include "channels/contact_builder.h"
#include "domain/reasons.h"

namespace carnet::channels::kiotviet {

void ReadCustomer(const Context& context, const Json& data) {
  const std::string id = IdText(Field(data, "Id"));
  if (id.empty()) {
    context.meaning->unusable.push_back(
        {context.key + "|customer",
         {std::string(domain::reason::kExternalIdMalformed), "the customer has no id"}});
    return;
  }
  if (id.starts_with("-")) {
    context.meaning->ignored.emplace_back("a row of totals among customers");
    return;
  }
  Item item{.key = context.key + "|customer|" + id};
  SetTime(TimeOf(data), &item);
  ContactMeaning& contact = item.contact.emplace();
  contact.op = ContactOp::kUpsert;
  contact.external_id = "customer:" + id;
  ContactBuilder builder(&contact.contact);
  const bool is_company = Field(data, "Type").text() == "1";
  const std::string& name = Field(data, "Name").text();
  builder.Company(Field(data, "Organization").text());
  if (is_company) builder.Company(name);
  if (!is_company || contact.contact.company_name().plain() != Trimmed(name))
    builder.FullName(name);
  builder.Email(Field(data, "Email").text());
  builder.Phone(Field(data, "ContactNumber").text());
  builder.Phone(Field(data, "SubNumber").text());
  builder.BirthDate(Field(data, "BirthDate").text());
  builder.CompanyNumber("mst", Field(data, "TaxCode").text());
  // "Hà Nội - Quận Ba Đình": where that is known it stands beside the street.
  builder.Address({.line1 = Field(data, "Address").text(),
                   .line2 = Field(data, "WardName").text(),
                   .town = Field(data, "LocationName").text(),
                   .country = "VN"},
                  v1::ADDRESS_USE_SHIPPING);
  if (!builder.says_nothing()) builder.Country("VN");
  AddItem(context, std::move(item));
}

void ReadDeletedCustomer(const Context& context, const Json& id_value) {
  const std::string id = IdText(id_value);
  if (id.empty()) return;
  Item item{.key = context.key + "|customer|" + id};
  item.utc_offset_minutes = kVietnamOffset;
  item.contact = ContactMeaning{.op = ContactOp::kUnlink, .external_id = "customer:" + id};
  AddItem(context, std::move(item));
}

}  // namespace carnet::channels::kiotviet
