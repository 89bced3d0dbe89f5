// Histories of contacts and of people's words: whatever order they come in, the customers are those
// that a look at all records at once gives, and everything that tells of them agrees.
//
// CARNET_SEED repeats a run, CARNET_HISTORIES asks for more histories.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/civil_date.h"
#include "base/sha256.h"
#include "carnet/log/v1/feed_rows.pb.h"
#include "domain/customers/links.h"
#include "domain/customers/membership.h"
#include "domain/customers/record.h"
#include "domain/identity/evidence.h"
#include "domain/identity/memory_records.h"
#include "domain/identity/test_people.h"
#include "domain/keys.h"
#include "domain/test_support.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::Change;
using testing::AddEmail;
using testing::AddPhone;
using testing::Random;
using testing::RandomContact;
using testing::SetName;
using testing::Shop;

constexpr std::string_view kMerchant = "shop";

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

Change ContactChange(int id, const std::string& external_id, const carnet::v1::Contact& contact,
                     int64_t occurred_at_micros) {
  Change change = Shop::Change(id, external_id, 20);
  change.set_content_hash(Sha256(std::to_string(id)).substr(0, 16));
  change.set_occurred_at_micros(occurred_at_micros);
  *change.mutable_body()->mutable_contact_observed()->mutable_contact() = contact;
  return change;
}

std::vector<Change> RandomContacts(Random* random, int changes, int records) {
  std::vector<Change> all;
  const int64_t start = Shop::Change(0, "", 1).recorded_at_micros();
  for (int i = 1; i <= changes; ++i) {
    const int64_t days_before = random->Below(900);
    all.push_back(ContactChange(i, "r" + std::to_string(random->Below(records)),
                                RandomContact(random),
                                start - days_before * 86'400'000'000 - random->Below(1000)));
  }
  return all;
}

std::string IdOf(int record) {
  return "customers/" +
         RecordId(kMerchant, "pos", "till-1", "r" + std::to_string(record)).ToString();
}

Change RandomWord(Random* random, int id, int records) {
  const std::string pair = " { customer: '" + IdOf(random->Below(records)) + "' other: '" +
                           IdOf(random->Below(records)) + "' }";
  if (random->Chance(8)) {
    Change change = Shop::Request(id, "", "customer_erased {}", 20);
    const auto who = ParseCustomerId(IdOf(random->Below(records)));
    change.set_customer_id(std::string(who->bytes()));
    return change;
  }
  static const char* const kWords[] = {"link_customers", "unlink_customers",
                                       "distinguish_customers"};
  return Shop::Request(id, "", kWords[random->Below(3)] + pair, 20);
}

template <typename Row>
std::map<Uuid, Row> Rows(const Shop& shop, Family family) {
  std::map<Uuid, Row> rows;
  shop.state().Scan(family, MerchantPrefix(kMerchant),
                    [&](std::string_view key, std::string_view value) {
                      Row row;
                      EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
                      rows[*Uuid::FromBytes(key.substr(key.size() - Uuid::kSize))] = row;
                      return true;
                    });
  return rows;
}

using Customers = std::set<std::set<Uuid>>;

// Those who were forgotten stay linked as they were.
Customers Stored(const Shop& shop, bool forgotten = false) {
  std::map<Uuid, std::set<Uuid>> customers;
  for (const auto& [id, row] : Rows<carnet::log::v1::RecordRow>(shop, Family::kRecords)) {
    if (row.has_erased_at_micros() != forgotten) continue;
    customers[Uuid::FromBytes(row.customer_id()).value_or(id)].insert(id);
  }
  Customers all;
  for (auto& [id, members] : customers) all.insert(std::move(members));
  return all;
}

Customers AtOnce(const Shop& shop) {
  identity::MemoryRecords records;
  const auto rows = Rows<carnet::log::v1::IdentityRow>(shop, Family::kIdentity);
  for (const auto& [id, row] : Rows<carnet::log::v1::RecordRow>(shop, Family::kRecords)) {
    if (row.has_erased_at_micros()) {
      EXPECT_FALSE(rows.contains(id));
      continue;
    }
    records.Put(id, rows.contains(id) ? rows.at(id) : carnet::log::v1::IdentityRow());
  }
  Customers all;
  for (const auto& cluster : identity::ClusterAll(records))
    all.emplace(cluster.members.begin(), cluster.members.end());
  return all;
}

// What the feed has told of who is one customer.
Customers Told(const Shop& shop) {
  std::map<std::string, std::set<std::string>> customers;
  shop.state().Scan(Family::kFeed, "", [&](std::string_view, std::string_view value) {
    carnet::log::v1::FeedRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    for (const auto& event : row.events()) {
      if (event.has_customer_created()) customers[event.customer_created()];
    }
    for (const auto& event : row.events()) {
      if (event.has_customer_linked()) {
        EXPECT_TRUE(customers.contains(event.customer_linked().customer()));
        EXPECT_TRUE(customers.contains(event.customer_linked().other()));
        customers.erase(event.customer_linked().other());
      } else if (event.has_customer_unlinked()) {
        EXPECT_TRUE(customers.contains(event.customer_unlinked().customer()));
        EXPECT_FALSE(customers.contains(event.customer_unlinked().other()));
        customers[event.customer_unlinked().other()];
      }
    }
    return true;
  });
  Customers ids;
  for (const auto& [id, none] : customers) ids.insert({*Uuid::FromBytes(id)});
  return ids;
}

// The rules never put two into one customer whom they know to be different people, whatever number
// or mailbox leads from one to the other; only people do.
void ExpectNoStrangers(const Shop& shop, const Customers& customers) {
  const auto rows = Rows<carnet::log::v1::IdentityRow>(shop, Family::kIdentity);
  const auto card_of = [&](const Uuid& id) {
    const auto row = rows.find(id);
    return identity::MakeCard(id, row == rows.end() ? carnet::log::v1::IdentityRow() : row->second);
  };
  for (const auto& members : customers) {
    std::vector<identity::Card> cards;
    bool by_person = false;
    for (const Uuid& member : members)
      for (const auto& said : cards.emplace_back(card_of(member)).row.decisions())
        by_person |= said.same();
    for (const auto& one : cards)
      for (const auto& other : cards)
        ASSERT_TRUE(by_person || one.id == other.id || !identity::InConflict(one, other));
  }
}

void ExpectAllAgree(const Shop& shop) {
  Customers stored = Stored(shop);
  ASSERT_EQ(stored, AtOnce(shop));
  ASSERT_NO_FATAL_FAILURE(ExpectNoStrangers(shop, stored));
  stored.merge(Stored(shop, /*forgotten=*/true));
  const auto records = Rows<carnet::log::v1::RecordRow>(shop, Family::kRecords);
  const auto accounts = Rows<carnet::log::v1::AccountRow>(shop, Family::kAccounts);
  const auto links = Rows<carnet::log::v1::CustomerRow>(shop, Family::kLinks);
  Customers ids;
  size_t of_several = 0;
  for (const auto& members : stored) {
    const auto oldest =
        *std::min_element(members.begin(), members.end(), [&](const Uuid& a, const Uuid& b) {
          return records.at(a).created_change_number() < records.at(b).created_change_number();
        });
    ids.insert({oldest});
    of_several += members.size() > 1 ? 1 : 0;
    for (const Uuid& member : members) {
      const std::string expected = members.size() > 1 ? std::string(oldest.bytes()) : "";
      ASSERT_EQ(records.at(member).customer_id(), expected);
      if (accounts.contains(member)) {
        ASSERT_EQ(accounts.at(member).customer_id(), expected);
      }
      // Who belonged where is remembered, the last of it is now.
      const auto remembered = MembersAt(shop.state(), kMerchant, member, kLastCivilDay);
      ASSERT_EQ(std::set<Uuid>(remembered.begin(), remembered.end()), members);
    }
    if (members.size() > 1) {
      ASSERT_TRUE(links.contains(oldest));
      ASSERT_EQ(links.at(oldest).members_size(), static_cast<int>(members.size()));
      ASSERT_GE(links.at(oldest).edges_size(), static_cast<int>(members.size()) - 1);
    }
  }
  ASSERT_EQ(links.size(), of_several);
  ASSERT_EQ(Told(shop), ids);
}

class IdentityHistories : public ::testing::Test {
 protected:
  const uint64_t seed_ = FromEnvironment("CARNET_SEED", 20260501);
  const uint64_t histories_ = FromEnvironment("CARNET_HISTORIES", 60);
};

TEST_F(IdentityHistories, AfterEveryChangeCustomersAreThoseOfALookAtAllAtOnce) {
  for (uint64_t seed = seed_; seed < seed_ + histories_; ++seed) {
    SCOPED_TRACE("CARNET_SEED=" + std::to_string(seed) + " CARNET_HISTORIES=1");
    Random random(seed);
    const int records = 4 + random.Below(20);
    Shop shop;
    int words = 10'000;
    for (const Change& change : RandomContacts(&random, 60, records)) {
      const std::string applied = shop.Fold(change);
      ASSERT_TRUE(applied.starts_with("APPLIED")) << applied;
      ASSERT_NO_FATAL_FAILURE(ExpectAllAgree(shop));
      if (random.Chance(30)) {
        const std::string outcome = shop.Fold(RandomWord(&random, ++words, records));
        ASSERT_FALSE(outcome.starts_with("STOP")) << outcome;
        ASSERT_NO_FATAL_FAILURE(ExpectAllAgree(shop));
      }
    }
  }
}

TEST_F(IdentityHistories, TheOrderOfArrivalIsWithoutInfluence) {
  for (uint64_t seed = seed_; seed < seed_ + histories_; ++seed) {
    SCOPED_TRACE("CARNET_SEED=" + std::to_string(seed) + " CARNET_HISTORIES=1");
    Random random(seed);
    std::vector<Change> changes = RandomContacts(&random, 80, 4 + random.Below(30));
    Shop in_order;
    for (const Change& change : changes) ASSERT_TRUE(in_order.Fold(change).starts_with("APPLIED"));
    for (size_t i = changes.size(); i-- > 1;)
      std::swap(changes[i], changes[static_cast<size_t>(random.Below(static_cast<int>(i + 1)))]);
    Shop shuffled;
    for (const Change& change : changes) shuffled.Fold(change);
    ASSERT_EQ(Stored(in_order), Stored(shuffled));
  }
}

TEST_F(IdentityHistories, WhenEveryWordIsTakenBackNothingIsLeftOfThem) {
  for (uint64_t seed = seed_; seed < seed_ + histories_; ++seed) {
    SCOPED_TRACE("CARNET_SEED=" + std::to_string(seed) + " CARNET_HISTORIES=1");
    Random random(seed);
    const int records = 4 + random.Below(12);
    Shop with_words;
    Shop without;
    std::set<std::pair<std::string, std::string>> linked;
    int words = 10'000;
    for (const Change& change : RandomContacts(&random, 40, records)) {
      with_words.Fold(change);
      without.Fold(change);
      if (!random.Chance(40)) continue;
      // Strangers only: what the rules link as well, unlinking keeps apart, as it says.
      const std::string a = IdOf(random.Below(records));
      const std::string b = IdOf(random.Below(records));
      const std::string outcome = with_words.Fold(Shop::Request(
          ++words, "", "link_customers { customer: '" + a + "' other: '" + b + "' }", 20));
      if (outcome == "APPLIED") linked.insert({a, b});
    }
    // A link taken back, in any order, while the rules hold their tongue.
    for (const auto& [a, b] : linked) {
      with_words.Fold(Shop::Request(
          ++words, "", "unlink_customers { customer: '" + a + "' other: '" + b + "' }", 20));
      with_words.Fold(Shop::Request(
          ++words, "", "link_customers { customer: '" + a + "' other: '" + b + "' }", 20));
      with_words.Fold(Shop::Request(
          ++words, "", "unlink_customers { customer: '" + a + "' other: '" + b + "' }", 20));
    }
    ASSERT_NO_FATAL_FAILURE(ExpectAllAgree(with_words));
    // But for pairs that were kept apart, all is as if nobody had spoken.
    bool kept_apart = false;
    for (const auto& [id, row] :
         Rows<carnet::log::v1::IdentityRow>(with_words, Family::kIdentity)) {
      for (const auto& decision : row.decisions()) {
        ASSERT_FALSE(decision.same());
        kept_apart = true;
      }
    }
    if (!kept_apart) {
      ASSERT_EQ(Stored(with_words), Stored(without));
    }
  }
}

carnet::v1::Contact Somebody(const std::vector<std::string>& name, std::string_view phone) {
  carnet::v1::Contact contact;
  if (!name.empty()) SetName(name, contact.mutable_name());
  AddPhone(phone, carnet::v1::VALUE_FLAG_MOBILE, &contact);
  return contact;
}

std::string Fold(Shop* shop, int id, const carnet::v1::Contact& contact) {
  const Change change = ContactChange(id, "r" + std::to_string(id), contact,
                                      Shop::Change(0, "", 1).recorded_at_micros());
  return shop->Fold(change);
}

size_t Largest(const Shop& shop) {
  size_t largest = 0;
  for (const auto& members : Stored(shop)) largest = std::max(largest, members.size());
  return largest;
}

// The shop's own number on everybody's card.
TEST(IdentityBounds, TwentyThousandCardsOnOnePhoneLinkNobodyAndWriteLittle) {
  Shop shop;
  for (int i = 1; i <= 20'000; ++i) {
    const std::string name = "name" + std::to_string(i % 7);
    ASSERT_EQ(Fold(&shop, i, Somebody({name, "family" + std::to_string(i)}, "1")), "APPLIED");
  }
  EXPECT_EQ(Largest(shop), 1u);
  carnet::log::v1::SharedValueRow row;
  size_t longest = 0;
  shop.state().Scan(Family::kSharedValues, MerchantPrefix(kMerchant),
                    [&](std::string_view, std::string_view value) {
                      longest = std::max(longest, value.size());
                      return true;
                    });
  EXPECT_LE(longest, 1100u);  // a row holds at most as many ids as may identify
}

TEST(IdentityBounds, OneNameAndNumberFillsACustomerOnlyToItsLimitAndTooManyRecordsLinkNone) {
  Shop shop;
  for (int i = 1; i <= 60; ++i) {
    ASSERT_EQ(Fold(&shop, i, Somebody({"marie", "durand"}, "1")), "APPLIED");
    ASSERT_LE(Largest(shop), 40u);
  }
  EXPECT_EQ(Largest(shop), 40u);
  ASSERT_NO_FATAL_FAILURE(ExpectAllAgree(shop));
  ASSERT_EQ(Fold(&shop, 61, Somebody({"marie", "durand"}, "1")), "APPLIED");
  EXPECT_EQ(Largest(shop), 1u);  // nobody has sixty-one cards
  ASSERT_NO_FATAL_FAILURE(ExpectAllAgree(shop));
}

TEST(IdentityBounds, ANeighbourhoodOfSeventyIsDividedQuickly) {
  Shop shop;
  const auto card = [](int i, int said) {
    auto contact = Somebody({"marie", "durand"}, i <= 35 ? "1" : "2");
    if (i > 20 && i <= 50) AddEmail("marie@x", &contact);  // so that the two halves meet
    AddEmail("m" + std::to_string(i) + "." + std::to_string(said) + "@y", &contact);
    return contact;
  };
  for (int i = 1; i <= 70; ++i) ASSERT_EQ(Fold(&shop, i, card(i, 0)), "APPLIED");
  ASSERT_NO_FATAL_FAILURE(ExpectAllAgree(shop));
  std::vector<double> micros;
  for (int i = 1; i <= 70; ++i) {
    const Change change = ContactChange(1000 + i, "r" + std::to_string(i), card(i, 1),
                                        Shop::Change(0, "", 1).recorded_at_micros() + 1);
    const auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(shop.Fold(change), "APPLIED");
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    micros.push_back(took.count());
  }
  std::sort(micros.begin(), micros.end());
  std::printf("a change in a neighbourhood of 70: median %.0f us, p99 %.0f us\n",
              micros[micros.size() / 2], micros[micros.size() * 99 / 100]);
  EXPECT_LT(micros[micros.size() / 2], 1e6);
  ASSERT_NO_FATAL_FAILURE(ExpectAllAgree(shop));
}

TEST(IdentityBounds, AChainOfThirtyLinksIsUndoneInAnyOrderAndFortyOneAreRefused) {
  Shop shop;
  for (int i = 1; i <= 50; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(Fold(&shop, i, Somebody({"name" + number, "family" + number}, number)), "APPLIED");
  }
  const auto say = [&](int id, const std::string& word, int a, int b) {
    return shop.Fold(Shop::Request(
        id, "", word + " { customer: '" + IdOf(a) + "' other: '" + IdOf(b) + "' }", 20));
  };
  for (int i = 1; i <= 30; ++i) ASSERT_EQ(say(100 + i, "link_customers", i, i + 1), "APPLIED");
  EXPECT_EQ(Largest(shop), 31u);
  EXPECT_EQ(say(200, "link_customers", 3, 4), "APPLIED NO_CHANGE");
  EXPECT_EQ(say(201, "distinguish_customers", 1, 31), "REJECTED LINKED_BY_PERSON");
  EXPECT_EQ(say(202, "unlink_customers", 15, 16), "APPLIED");
  EXPECT_EQ(Largest(shop), 16u);
  EXPECT_EQ(say(203, "distinguish_customers", 1, 31), "APPLIED");
  EXPECT_EQ(say(204, "link_customers", 15, 16), "REJECTED DISTINGUISHED");
  EXPECT_EQ(say(205, "link_customers", 1, 31), "APPLIED");  // another word on that very pair
  for (int i = 31; i <= 39; ++i) ASSERT_EQ(say(300 + i, "link_customers", i, i + 1), "APPLIED");
  EXPECT_EQ(Largest(shop), 40u);
  EXPECT_EQ(say(400, "link_customers", 40, 41), "REJECTED TOO_MANY_MEMBERS");
  ASSERT_NO_FATAL_FAILURE(ExpectAllAgree(shop));
}

}  // namespace
}  // namespace carnet::domain
