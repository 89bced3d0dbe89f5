// What a delivery means: what an adapter makes of a payload, before it becomes changes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carnet/v1/contact.pb.h"
#include "carnet/v1/ledger.pb.h"
#include "carnet/v1/order.pb.h"
#include "channels/values.h"

namespace carnet::channels {

// What an operator says of one shop, page or retailer.
struct SourceSettings {
  // Its name, [a-z0-9][a-z0-9._-]{0,62}. Empty only when a payload is tried without one.
  std::string source;
  // How phones without a country code are read where nothing nearer says so; may be empty.
  std::string country;
  // Of clocks that write no zone.
  int32_t utc_offset_minutes = 0;
  // What a payment method's id means here, before the adapter's own list.
  std::map<std::string, v1::TenderMethod> methods;
  // Whether an order still to be paid by that method is owed, before the adapter's own list.
  std::map<std::string, bool> pay_later;
};

// One delivery, as it came.
struct Delivery {
  // As the channel names it ("order.updated"); empty: from the headers, or the payload's form.
  std::string topic;
  // Names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  // The address it was sent to, as the sender signs it (Square).
  std::string url;
  std::string_view body;
  int64_t received_at_micros = 0;
  bool has_waited = false;  // on disk, since then
  SourceSettings settings;

  // Empty where there is none.
  std::string_view Header(std::string_view name) const;
};

enum class ContactOp {
  kUpsert,       // what the customer's own record says
  kObserve,      // what an order says of its buyer: ranks lower
  kUpsertGuest,  // somebody without an id of the channel's
  kReference,    // the id alone
  kUnlink,       // the channel deleted its record
  kMerge,        // the channel made two of its records one
  kErase,        // the channel passes on a wish to be forgotten
};
std::string_view ContactOpName(ContactOp op);

// Agreement to be written to at an address or number.
struct ConsentMeaning {
  std::string channel;  // "email" or "sms"
  std::string address;
  std::string state;  // as the channel says it
  std::string at;     // likewise
};

struct ContactMeaning {
  ContactOp op = ContactOp::kReference;
  std::string external_id;  // "customer:3101"
  std::string into;         // kMerge: the one that stays
  v1::Contact contact;
  std::vector<std::pair<std::string, std::vector<std::string>>> custom;
  std::vector<ConsentMeaning> consents;
};

// One thing that was said: it becomes one change.
struct Item {
  // The same key again is the same thing again: the change's id is made of it.
  std::string key;
  std::optional<ContactMeaning> contact;
  // Amounts in minor units.
  std::optional<v1::OrderObserved> order;
  // The page or account that it came to, where one delivery may bring news of several; else empty.
  std::string account;
  // By the channel's clock.
  std::optional<int64_t> occurred_at_micros;
  std::optional<int32_t> utc_offset_minutes;
  // The civil day it counts for, or empty.
  std::string date;
};

// Something that must be asked for at the channel before it means anything.
struct Fetch {
  std::string key;
  std::string id;       // leadgen_id
  std::string account;  // page id: decides the access token
};

struct Unusable {
  std::string key;
  Trouble trouble;
};

struct Meaning {
  std::vector<Item> items;
  std::vector<Fetch> fetches;
  std::vector<Unusable> unusable;  // parts that are kept aside as dead letters
  // What only a person can do, and must: kept as dead letters too, where they are not overlooked.
  std::vector<Unusable> tasks;
  std::vector<std::string> ignored;  // why parts (or all) say nothing to us
  std::vector<std::string> alerts;   // what a person should look at
  std::string answer;                // the body of the answer; nearly always empty
  bool was_fetched = false;          // asked for, not delivered: nobody waits for an answer

  // To the books and the cards.
  bool says_nothing() const { return items.empty() && fetches.empty() && unusable.empty(); }
};

Meaning Ignored(std::string why);
// Adds what a part means, but for an answer.
void Append(Meaning part, Meaning* whole);
Meaning UnusableBody(std::string key, std::string_view reason, std::string detail);

}  // namespace carnet::channels
