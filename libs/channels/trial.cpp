#include "channels/trial.h"

#include <limits>
#include <optional>
#include <utility>

#include "channels/json_writer.h"
#include "domain/orders/order_books.h"
#include "vault/normalize/email.h"

namespace carnet::channels {
namespace {

using log::v1::OrderPart;
using log::v1::OrderRow;

std::string PartName(OrderPart part) {
  switch (part) {
    case log::v1::ORDER_PART_CHARGE:
      return "charge";
    case log::v1::ORDER_PART_PAYMENT:
      return "payment";
    case log::v1::ORDER_PART_CREDIT:
      return "credit_note";
    default:
      return "refund_payout";
  }
}

// Positive: the customer owes more.
int SignOf(OrderPart part) {
  return part == log::v1::ORDER_PART_CHARGE || part == log::v1::ORDER_PART_PAYOUT ? 1 : -1;
}

std::string RefOf(OrderPart part, const std::string& id, const std::string& order_id) {
  if (part == log::v1::ORDER_PART_CHARGE) return order_id;
  if (id.empty()) return order_id + ":payment";
  return part == log::v1::ORDER_PART_PAYOUT ? id + ":payout" : id;
}

void AddText(std::string_view name, const v1::Personal& value, ObjectWriter* fields) {
  if (!value.plain().empty()) fields->AddText(name, value.plain());
}

std::string AddressJson(const v1::Address& address) {
  ObjectWriter json;
  AddText("recipient", address.recipient(), &json);
  AddText("street", address.street(), &json);
  AddText("postcode", address.postcode(), &json);
  AddText("town", address.town(), &json);
  if (!address.region().empty()) json.AddText("region", address.region());
  if (!address.country().empty()) json.AddText("country", address.country());
  std::vector<std::string> uses;
  for (const int use : address.uses())
    uses.emplace_back(use == v1::ADDRESS_USE_BILLING ? "billing" : "shipping");
  json.Add("uses", ArrayOfTexts(uses));
  return json.Take();
}

void AddEmails(const v1::Contact& contact, ObjectWriter* fields) {
  if (contact.emails().empty()) return;
  std::vector<std::string> emails;
  std::string match_key;
  for (const auto& email : contact.emails()) {
    emails.push_back(email.plain());
    if (match_key.empty()) match_key = vault::NormalizeEmail(email.plain()).exact;
  }
  fields->Add("emails", ArrayOfTexts(emails));
  if (!match_key.empty()) fields->AddText("email_match_key", match_key);
}

void AddPhones(const v1::Contact& contact, const SourceSettings& settings,
               const vault::PhoneNormalizer& phones, ObjectWriter* fields) {
  if (contact.phones().empty()) return;
  const std::string& country = contact.country().empty() ? settings.country : contact.country();
  std::vector<std::string> raw;
  std::vector<std::string> e164;
  for (const auto& phone : contact.phones()) {
    raw.push_back(phone.plain());
    const std::string normal = phones.Normalize(phone.plain(), country).e164;
    bool known = normal.empty();
    for (const std::string& other : e164) known |= other == normal;
    if (!known) e164.push_back(normal);
  }
  fields->Add("phones_raw", ArrayOfTexts(raw));
  if (!e164.empty()) fields->Add("phones_e164", ArrayOfTexts(e164));
}

}  // namespace

std::string Trial::ExternalId(std::string_view external_id, const SourceSettings& settings) const {
  std::string text(adapter_.name);
  if (adapter_.name == "kiotviet") text += ":" + settings.source;
  return text + ":" + std::string(external_id);
}

std::string Trial::Contact(const ContactMeaning& contact, const SourceSettings& settings) const {
  const v1::Contact& says = contact.contact;
  ObjectWriter fields;
  AddText("first_name", says.name().given(), &fields);
  AddText("last_name", says.name().family(), &fields);
  AddText("full_name", says.name().full(), &fields);
  AddText("company", says.company_name(), &fields);
  AddEmails(says, &fields);
  AddPhones(says, settings, phones_, &fields);
  std::vector<std::string> addresses;
  for (const auto& address : says.addresses()) addresses.push_back(AddressJson(address));
  if (!addresses.empty()) fields.Add("addresses", ArrayOf(addresses));
  AddText("birth_date", says.birth_date(), &fields);
  std::vector<std::string> numbers;
  for (const auto& number : says.company_numbers())
    numbers.push_back(ObjectWriter()
                          .AddText("scheme", number.scheme())
                          .AddText("number", number.number().plain())
                          .Take());
  if (!numbers.empty()) fields.Add("company_numbers", ArrayOf(numbers));
  if (!says.language().empty()) fields.AddText("language", says.language());
  if (!says.country().empty()) fields.AddText("country", says.country());
  if (!contact.custom.empty()) {
    ObjectWriter custom;
    for (const auto& [name, values] : contact.custom) custom.Add(name, ArrayOfTexts(values));
    fields.Add("custom", custom.Take());
  }
  std::vector<std::string> consents;
  for (const auto& consent : contact.consents)
    consents.push_back(ObjectWriter()
                           .AddText("channel", consent.channel)
                           .AddText("address", consent.address)
                           .AddText("state", consent.state)
                           .AddText("at", consent.at)
                           .Take());
  if (!consents.empty()) fields.Add("consents", ArrayOf(consents));

  ObjectWriter json;
  json.AddText("op", ContactOpName(contact.op));
  json.AddText("external_id", ExternalId(contact.external_id, settings));
  if (!contact.into.empty()) json.AddText("into", ExternalId(contact.into, settings));
  if (contact.op != ContactOp::kReference || contact.contact.ByteSizeLong() > 0) {
    json.Add("fields", fields.Take());
  }
  return json.Take();
}

std::vector<Trial::Entry> Trial::Post(const v1::OrderObserved& observed, std::string_view buyer) {
  OrderRow& row = orders_[observed.order_id()];
  if (!observed.has_snapshot() && !row.has_snapshot()) {
    row.mutable_snapshot()->set_version(std::numeric_limits<int64_t>::min());
    row.set_unit(observed.unit());
  }
  // A payment or refund names no buyer; its order does.
  domain::MergeOrder(observed, observed.has_snapshot() ? buyer : std::string_view(row.record()),
                     &row);
  const domain::OrderPlan plan = domain::PlanOrder(row);
  std::vector<Entry> entries;
  for (const auto& reversal : plan.reversals) {
    std::string currency = row.unit();
    for (const auto& posted : row.posted()) {
      if (posted.part() == reversal.part && posted.id() == reversal.id) currency = posted.unit();
    }
    const std::string ref = RefOf(reversal.part, reversal.id, observed.order_id());
    entries.push_back({"reversal", -SignOf(reversal.part) * reversal.amount, currency,
                       ref + ":reversal:" + std::to_string(reversal.voucher)});
    domain::NoteReversal(reversal, &row);
  }
  for (const auto& post : plan.posts) {
    std::string ref = RefOf(post.part, post.id, observed.order_id());
    // What stands already keeps its own: a further part of the same gets a ref of its own.
    for (const auto& posted : row.posted()) {
      if (posted.part() == post.part && posted.id() == post.id)
        ref += ":" + std::to_string(posted.vouchers_size() + 1);
    }
    entries.push_back({PartName(post.part), SignOf(post.part) * post.amount, row.unit(), ref});
    domain::NotePost(post, ++last_voucher_, &row);
  }
  return entries;
}

std::string Trial::Try(const Delivery& original) {
  Delivery delivery = original;
  if (delivery.settings.source.empty())
    delivery.settings.source = std::string(adapter_.source_placeholder);
  const Meaning meaning = adapter_.read(delivery);

  std::string dedupe;
  const auto add_key = [&](const std::string& key) {
    dedupe += (dedupe.empty() ? "" : " ; ") + key;
  };
  std::vector<std::string> contacts;
  std::vector<std::string> ledger;
  std::map<std::string, __int128> effect;
  for (const Item& item : meaning.items) {
    add_key(item.key);
    if (item.contact) contacts.push_back(Contact(*item.contact, delivery.settings));
    if (!item.order) continue;
    const std::string buyer = item.contact ? item.contact->external_id : std::string();
    for (const Entry& entry : Post(*item.order, buyer)) {
      effect[entry.currency] += entry.amount;
      ledger.push_back(ObjectWriter()
                           .AddText("entry", entry.entry)
                           .Add("amount_minor", std::to_string(entry.amount))
                           .AddText("currency", entry.currency)
                           .AddText("ref", entry.ref)
                           .Take());
    }
  }
  for (const Fetch& fetch : meaning.fetches) add_key(fetch.key);
  for (const Unusable& unusable : meaning.unusable) add_key(unusable.key);

  ObjectWriter balance;
  for (const auto& [currency, sum] : effect)
    balance.Add(currency, std::to_string(static_cast<int64_t>(sum)));
  ObjectWriter json;
  json.AddText("channel", adapter_.name);
  if (!delivery.topic.empty()) json.AddText("topic", delivery.topic);
  json.Add("http", meaning.was_fetched ? "\"n/a\"" : "200");
  json.AddText("dedupe", dedupe);
  json.Add("contact", ArrayOf(contacts));
  json.Add("ledger", ArrayOf(ledger));
  json.Add("balance_effect", balance.Take());
  json.Add("ignored", meaning.items.empty() && meaning.fetches.empty() ? "true" : "false");
  std::string why;
  for (const std::string& reason : meaning.ignored) why += (why.empty() ? "" : "; ") + reason;
  for (const Unusable& unusable : meaning.unusable)
    why += (why.empty() ? "" : "; ") + unusable.trouble.detail;
  if (!why.empty()) json.AddText("why", why);
  std::vector<std::string> letters;
  for (const Unusable& unusable : meaning.unusable)
    letters.push_back(ObjectWriter()
                          .AddText("reason", unusable.trouble.reason)
                          .AddText("detail", unusable.trouble.detail)
                          .Take());
  if (!letters.empty()) json.Add("dead_letters", ArrayOf(letters));
  std::vector<std::string> fetches;
  for (const Fetch& fetch : meaning.fetches)
    fetches.push_back(
        ObjectWriter().AddText("id", fetch.id).AddText("account", fetch.account).Take());
  if (!fetches.empty()) json.Add("fetch", ArrayOf(fetches));
  if (!meaning.alerts.empty()) json.Add("alerts", ArrayOfTexts(meaning.alerts));
  if (!meaning.answer.empty()) json.AddText("answer", meaning.answer);
  return json.Take();
}

}  // namespace carnet::channels
