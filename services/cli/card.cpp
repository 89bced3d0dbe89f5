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

std::string Text(const Message& message) {
  if (const auto* value = dynamic_cast<const v1::Personal*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::PersonName*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::Address*>(&message)) return Text(*value);
  if (const auto* value = dynamic_cast<const v1::CompanyNumber*>(&message)) return Text(*value);
  return message.ShortDebugString();
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
  const FieldDescriptor* descriptor = v1::Contact::descriptor()->FindFieldByName(field);
  if (!descriptor) return {};
  const auto* reflection = contact.GetReflection();
  std::vector<std::string> values;
  if (descriptor->is_repeated()) {
    for (int i = 0; i < reflection->FieldSize(contact, descriptor); ++i) {
      values.push_back(Text(reflection->GetRepeatedMessage(contact, descriptor, i)));
    }
  } else if (descriptor->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (reflection->HasField(contact, descriptor)) {
      values.push_back(Text(reflection->GetMessage(contact, descriptor)));
    }
  } else if (descriptor->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    values.push_back(
        EnumWord(*descriptor->enum_type(), reflection->GetEnumValue(contact, descriptor)));
  } else if (descriptor->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    values.push_back(reflection->GetString(contact, descriptor));
  }
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
