#include "cli/card.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "carnet/v1/options.pb.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string JoinSet(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

std::string Text(const v1::Personal& value) {
  std::string text = value.plain();
  if (!value.normalized().empty() && value.normalized() != value.plain()) {
    absl::StrAppend(&text, " (", value.normalized(), ")");
  }
  for (const int flag : value.flags()) {
    absl::StrAppend(&text, " [", EnumWord(static_cast<v1::ValueFlag>(flag)), "]");
  }
  return text;
}

std::string Text(const v1::PersonName& name) {
  const std::string parts = JoinSet({name.given().plain(), name.family().plain()}, " ");
  if (name.full().plain().empty()) return parts;
  return parts.empty() || parts == name.full().plain()
             ? name.full().plain()
             : absl::StrCat(name.full().plain(), " (", parts, ")");
}

std::string Text(const v1::Address& address) {
  std::string text = JoinSet(
      {address.recipient().plain(), absl::StrReplaceAll(address.street().plain(), {{"\n", ", "}}),
       JoinSet({address.postcode().plain(), address.town().plain()}, " "), address.region(),
       address.country()},
      ", ");
  for (const int use : address.uses()) {
    absl::StrAppend(&text, " [", EnumWord(static_cast<v1::AddressUse>(use)), "]");
  }
  return text;
}

std::string Text(const v1::CompanyNumber& number) {
  return JoinSet({number.scheme(), Text(number.number())}, " ");
}

std::string Text(const v1::Assignee& assignee) {
  return assignee.has_team() ? "team " + assignee.team() : assignee.person();
}

std::string Text(const v1::Referrer& referrer) {
  return JoinSet({referrer.customer(), Text(referrer.phone())}, " ");
}

std::string Text(const v1::Logistics& logistics) {
  const std::string days = absl::StrJoin(logistics.days(), " ", [](std::string* out, int day) {
    absl::StrAppend(out, EnumWord(static_cast<v1::Weekday>(day)));
  });
  return JoinSet({logistics.carrier(), logistics.round(), days,
                  JoinSet({logistics.window_start(), logistics.window_end()}, "–"),
                  logistics.instructions().plain()},
                 ", ");
}

std::string Text(const v1::CustomValue& value) {
  switch (value.value_case()) {
    case v1::CustomValue::kText:
      return Text(value.text());
    case v1::CustomValue::kNumber:
      return value.number();
    case v1::CustomValue::kDate:
      return value.date();
    case v1::CustomValue::kChoice:
      return value.choice();
    case v1::CustomValue::kYes:
      return value.yes() ? "yes" : "no";
    case v1::CustomValue::VALUE_NOT_SET:
      break;
  }
  return {};
}

std::string Text(const Message& message) {
  if (const auto* value = dynamic_cast<const v1::Personal*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::PersonName*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::Address*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::CompanyNumber*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::Assignee*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::Referrer*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::Logistics*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::CustomValue*>(&message)) return Text(*value);
  return message.ShortDebugString();
}

// One value: an element of a list, or a field that is no list (`index` -1).
std::string ValueText(const v1::Contact& contact, const FieldDescriptor* field, int index) {
  const auto* reflection = contact.GetReflection();
  const bool listed = index >= 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Text(listed ? reflection->GetRepeatedMessage(contact, field, index)
                         : reflection->GetMessage(contact, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumWord(*field->enum_type(),
                      listed ? reflection->GetRepeatedEnumValue(contact, field, index)
                             : reflection->GetEnumValue(contact, field));
    case FieldDescriptor::CPPTYPE_STRING:
      return listed ? reflection->GetRepeatedString(contact, field, index)
                    : reflection->GetString(contact, field);
    default:
      return {};  // Contact has no others
  }
}

std::string OriginText(const v1::FieldOrigin& origin) {
  return absl::StrCat(origin.channel(), "/", origin.source());
}

std::string LabelOf(const std::string& field) {
  const FieldDescriptor* descriptor = v1::Contact::descriptor()->FindFieldByName(field);
  const std::string label = descriptor ? descriptor->options().GetExtension(v1::label) : "";
  return label.empty() ? field : label;
}

// Channels in which a customer was seen, oldest first, each once.
std::string ChannelsOf(const v1::Customer& customer) {
  std::vector<std::string> channels;
  for (const auto& record : customer.records()) {
    if (std::find(channels.begin(), channels.end(), record.channel()) == channels.end()) {
      channels.push_back(record.channel());
    }
  }
  return JoinSet(channels, ", ");
}

}  // namespace

std::string IdOf(std::string_view name) {
  const size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

std::vector<std::string> FieldValues(const v1::Contact& contact, const std::string& field) {
  std::vector<std::string> values;
  constexpr std::string_view kCustom = "custom.";
  if (field.starts_with(kCustom)) {
    for (const auto& value : contact.custom()) {
      if (value.key() == std::string_view(field).substr(kCustom.size()))
        values.push_back(Text(value));
    }
    return values;
  }
  const FieldDescriptor* descriptor = v1::Contact::descriptor()->FindFieldByName(field);
  if (!descriptor) return {};
  const auto* reflection = contact.GetReflection();
  if (!descriptor->is_repeated()) {
    if (reflection->HasField(contact, descriptor))
      values.push_back(ValueText(contact, descriptor, -1));
    return values;
  }
  for (int i = 0; i < reflection->FieldSize(contact, descriptor); ++i)
    values.push_back(ValueText(contact, descriptor, i));
  return values;
}

std::string BalancesText(const v1::Customer& customer) {
  return absl::StrJoin(customer.balances(), ", ", [](std::string* out, const v1::Balance& balance) {
    absl::StrAppend(out, AmountText(balance));
  });
}

std::string RenderCard(const v1::Customer& customer, const absl::TimeZone& zone) {
  std::string out = absl::StrCat(
      Printable(customer.display_name().empty() ? "(no name)" : customer.display_name()), "\n",
      customer.name(), "\n\n");

  Table fields({{"FIELD"}, {"VALUE"}, {"FROM"}, {"BY"}, {"SAID AT"}, {"CHANGE", Align::kRight}});
  for (const v1::FieldOrigin& origin : customer.origins()) {
    bool first = true;
    for (std::string& value : FieldValues(customer.contact(), origin.field())) {
      if (first) {
        fields.Add({LabelOf(origin.field()), std::move(value), OriginText(origin), origin.actor(),
                    TimeText(origin.occurred_at(), zone), absl::StrCat(origin.change_number())});
      } else {
        fields.Add({"", std::move(value), "", "", "", ""});
      }
      first = false;
    }
  }
  if (!fields.empty()) out += fields.Render() + "\n";

  Table records({{"KNOWN TO"}, {"AS"}, {"SOURCE RECORD"}, {"SINCE"}, {"CHANGE", Align::kRight}});
  for (const v1::SourceRecord& record : customer.records()) {
    records.Add({absl::StrCat(record.channel(), "/", record.source()), record.external_id(),
                 record.name(), TimeText(record.created_at(), zone),
                 absl::StrCat(record.created_change_number())});
  }
  if (!records.empty()) out += records.Render() + "\n";

  Table consents({{"ALLOWED"}, {"FOR"}, {"STATE"}, {"SINCE"}, {"HOW"}, {"WHERE"}});
  for (const v1::Consent& consent : customer.consents()) {
    consents.Add({consent.has_email() ? consent.email() : consent.phone(), consent.purpose(),
                  EnumWord(consent.state()), TimeText(consent.at(), zone), consent.how(),
                  consent.place()});
  }
  if (!consents.empty()) out += consents.Render() + "\n";

  if (customer.archived()) out += "Archived: out of sight.\n";
  if (customer.deleted()) out += "Deleted by every channel that knew them.\n";
  if (!customer.missing_fields().empty()) {
    absl::StrAppend(&out, "Incomplete: lacks ", absl::StrJoin(customer.missing_fields(), ", "),
                    ".\n");
  }
  if (customer.referred() > 0) {
    absl::StrAppend(&out, "Brought ", Count(static_cast<uint64_t>(customer.referred()), "customer"),
                    ", of whom ", customer.referred_buyers(), " bought something.\n");
  }
  Table balances({{"OWES US", Align::kRight}});
  for (const v1::Balance& balance : customer.balances()) balances.Add({AmountText(balance)});
  out += balances.empty() ? "No voucher yet: owes nothing.\n" : balances.Render();
  return out;
}

std::string RenderCustomers(const std::vector<v1::Customer>& customers) {
  Table table({{"NAME"}, {"PHONE"}, {"E-MAIL"}, {"SEEN IN"}, {"OWES US", Align::kRight}, {"ID"}});
  for (const v1::Customer& customer : customers) {
    const auto& contact = customer.contact();
    table.Add({customer.display_name(), contact.phones().empty() ? "" : contact.phones(0).plain(),
               contact.emails().empty() ? "" : contact.emails(0).plain(), ChannelsOf(customer),
               BalancesText(customer), IdOf(customer.name())});
  }
  return table.Render();
}

}  // namespace carnet::cli
