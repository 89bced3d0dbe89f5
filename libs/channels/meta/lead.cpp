#include "channels/meta/lead.h"

#include "absl/strings/str_cat.h"

#include "base/civil_date.h"
#include "channels/contact_builder.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "domain/reasons.h"

namespace carnet::channels::meta {
namespace {

// Meta's tool for testing forms fills in these.
bool IsTestValue(std::string_view text) {
  const std::string value = LowerCase(text);
  return value.starts_with("<test lead: dummy data for") || value == "test@meta.com" ||
         value == "test@fb.com";
}

// A form takes dates as MM/DD/YYYY or DD/MM/YYYY, as people write them where it is shown. Only one
// reading of it counts; what could be two is kept as typed.
std::string IsoDate(const std::string& text) {
  const bool has_form =
      text.size() == 10 && (text[2] == '/' || text[2] == '.') && text[5] == text[2];
  if (!has_form) return text;
  const std::string year = text.substr(6);
  const std::string day_first = absl::StrCat(year, "-", text.substr(3, 2), "-", text.substr(0, 2));
  const std::string month_first =
      absl::StrCat(year, "-", text.substr(0, 2), "-", text.substr(3, 2));
  if (!ParseCivilDay(month_first)) return ParseCivilDay(day_first) ? day_first : text;
  return day_first == month_first || !ParseCivilDay(day_first) ? month_first : text;
}

// Answers to the form's standard questions; all others are the shop's own.
struct Standard {
  std::string given, family, full;
  ContactBuilder::AddressParts address;
};

bool TakeStandard(const std::string& name, const std::string& value, Standard* standard,
                  ContactBuilder* builder) {
  if (name == "full_name") {
    standard->full = value;
  } else if (name == "first_name") {
    standard->given = value;
  } else if (name == "last_name") {
    standard->family = value;
  } else if (name == "email" || name == "work_email") {
    builder->Email(value);
  } else if (name == "phone_number" || name == "phone" || name == "work_phone_number") {
    // Exports write p:+84…, so that a spreadsheet leaves it alone.
    builder->Phone(value.starts_with("p:") ? value.substr(2) : value);
  } else if (name == "company_name") {
    builder->Company(value);
  } else if (name == "street_address") {
    standard->address.line1 = value;
  } else if (name == "city") {
    standard->address.town = value;
  } else if (name == "state" || name == "province") {
    standard->address.region = value;
  } else if (name == "zip_code" || name == "post_code" || name == "zip") {
    standard->address.postcode = value;
  } else if (name == "country") {
    standard->address.country = value;
    builder->Country(value);
  } else if (name == "date_of_birth") {
    builder->BirthDate(IsoDate(Trimmed(value)));
  } else {
    return false;
  }
  return true;
}

}  // namespace

Meaning ReadLead(const Delivery& delivery, const Json& body) {
  const std::string id = IdText(body["id"]);
  if (body.has("error")) {
    const std::string why =
        absl::StrCat("the lead could not be read: ", CutUtf8(body["error"]["message"].text(), 200));
    Meaning meaning = Ignored(why);
    meaning.alerts.push_back(why);
    return meaning;
  }
  if (id.empty()) {
    return UnusableBody("meta|leadgen|" + Sha256Hex(delivery.body),
                        domain::reason::kExternalIdMalformed, "the lead has no id");
  }
  Item item{.key = "meta|leadgen|" + id};
  ContactMeaning& contact = item.contact.emplace();
  contact.op = ContactOp::kUpsert;
  contact.external_id = "lead:" + id;
  if (const auto at = ParseInstant(body["created_time"].text()))
    item.occurred_at_micros = at->micros;

  ContactBuilder builder(&contact.contact);
  Standard standard;
  for (const Json& field : body["field_data"].items()) {
    const std::string& name = field["name"].text();
    std::vector<std::string> values;
    for (const Json& value : field["values"].items()) {
      if (!Trimmed(value.text()).empty()) values.push_back(value.text());
    }
    for (const std::string& value : values) {
      if (IsTestValue(value)) return Ignored("a test lead");
    }
    bool standard_question = false;
    for (const std::string& value : values)
      standard_question |= TakeStandard(LowerCase(name), value, &standard, &builder);
    if (!standard_question && !values.empty()) contact.custom.emplace_back(name, std::move(values));
  }
  if (standard.full.empty()) {
    builder.Name(standard.given, standard.family);
  } else {
    builder.FullName(standard.full);
  }
  builder.Address(standard.address, v1::ADDRESS_USE_SHIPPING);
  Meaning meaning;
  meaning.items.push_back(std::move(item));
  return meaning;
}

}  // namespace carnet::channels::meta
