// What is left of who is forgotten, and what comes later.
#include "domain/customers/erasure.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "carnet/log/v1/identity_rows.pb.h"
#include "domain/customers/card_test.h"
#include "domain/customers/links.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::ErasureRow;
using namespace testing;  // NOLINT: the words of these tests

std::string Token(std::string_view text) {
  std::string token;  // letters, so that text format takes them as they are
  for (const char byte : Sha256(text).substr(0, 16))
    token.push_back(static_cast<char>('a' + (byte & 15)));
  return token;
}

std::string Personal(std::string_view field, std::string_view kinds, std::string_view text) {
  std::string said =
      std::string(field) +
      " { flags: VALUE_FLAG_MOBILE sealed { key_id: '0123456789abcdef' box: 'sealed " +
      std::string(text) + "'";
  std::string kind;
  for (const char c : std::string(kinds) + " ") {
    if (c != ' ') {
      kind += c;
      continue;
    }
    said += " tokens { kind: IDENTITY_TOKEN_KIND_" + kind + " value: '" + Token(text) + "' }";
    kind.clear();
  }
  return said + " } }";
}

std::string Sealed(std::string_view field, std::string_view text) {
  return std::string(field) + " { sealed { key_id: '0123456789abcdef' box: 'sealed " +
         std::string(text) + "' } }";
}
std::string Phone(std::string_view number) { return Personal("phones", "PHONE", number); }
std::string Email(std::string_view address) {
  return Personal("emails", "EMAIL_EXACT EMAIL_CANONICAL", address);
}
std::string Named(std::string_view name) {
  const std::string part = "{ kind: IDENTITY_TOKEN_KIND_NAME_PART value: '" + Token(name) + "' }";
  const std::string full =
      "{ kind: IDENTITY_TOKEN_KIND_NAME_FULL value: '" + Token("full " + std::string(name)) + "' }";
  return "name { full { sealed { key_id: '0123456789abcdef' box: 'sealed " + std::string(name) +
         "' } } tokens " + part + " tokens " + full + " }";
}
std::string Consent(std::string_view address) {
  return "consent_recorded { " + Personal("email", "EMAIL_EXACT", address) +
         " purpose: 'newsletter' state: CONSENT_STATE_GIVEN }";
}
std::string Link(const Uuid& a, const Uuid& b) {
  return "link_customers { customer: '" + a.ToString() + "' other: '" + b.ToString() + "' }";
}

class ErasureTest : public ::testing::Test {
 protected:
  static constexpr const char* kErase = "customer_erased {}";

  std::string Fold(const Change& change) { return shop_.Fold(change); }

  bool Holds(std::string_view bytes) const { return shop_.Dump().find(bytes) != std::string::npos; }
  // As views keep them: whole, or cut.
  bool HoldsToken(std::string_view text) const {
    const std::string token = Token(text);
    std::string turned(token.rbegin() + 8, token.rend());  // a number's bytes, the last one first
    return Holds(token) || Holds(token.substr(0, 8)) || Holds(turned);
  }

  std::set<Uuid> SealedForIn(uint64_t change_number) const {
    ErasureRow row;
    std::set<Uuid> ids;
    if (!GetRow(shop_.state(), Family::kErasures, ErasureKey("shop", change_number), &row))
      return ids;
    for (const auto& id : row.sealed_for()) ids.insert(*Uuid::FromBytes(id));
    return ids;
  }

  std::optional<RecordRow> Find(const Uuid& record) const {
    RecordRow row;
    if (!GetRow(shop_.state(), Family::kRecords, RecordKey("shop", record), &row)) return {};
    return row;
  }

  Shop shop_;
};

TEST_F(ErasureTest, NothingOfAPersonStaysInTheViewsAndTheBooksDo) {
  Fold(Shop::Fact(1, "A", Said(Named("lan") + Phone("0900") + Email("old@x"), "")));
  Fold(Shop::Fact(2, "A", Said(Email("lan@x"))));  // the old one is history
  Fold(Shop::Fact(3, "B", Said(Named("lan b") + Email("lan@y"))));
  Fold(Shop::Request(4, "", Link(Record("A"), Record("B"))));
  Fold(Shop::Fact(5, "A", Consent("lan@x")));
  Fold(Shop::Fact(6, "A", Sale("S-1", 500)));
  Fold(Shop::Fact(7, "B", Sale("S-2", 300)));
  Fold(Shop::Fact(8, "C", Said(Named("paul") + Email("paul@x"))));
  ASSERT_TRUE(HoldsToken("lan@x"));
  ASSERT_TRUE(HoldsToken("old@x"));

  EXPECT_EQ(Fold(Shop::Request(9, "B", kErase)), "APPLIED");

  for (const char* gone : {"lan", "lan b", "0900", "old@x", "lan@x", "lan@y"}) {
    EXPECT_FALSE(Holds("sealed " + std::string(gone))) << gone;
    EXPECT_FALSE(HoldsToken(gone)) << gone;
  }
  EXPECT_TRUE(Holds("sealed paul@x"));
  EXPECT_TRUE(HoldsToken("paul@x"));
  EXPECT_EQ(shop_.Balance("A"), 500);
  EXPECT_EQ(shop_.Balance("B"), 300);
  EXPECT_TRUE(shop_.IsBalanced());
  EXPECT_TRUE(shop_.Feed().ends_with("erased"));
  EXPECT_EQ(MembersOf(shop_.state(), "shop", Record("A")),
            (std::vector<Uuid>{Record("A"), Record("B")}));
  EXPECT_EQ(SealedForIn(9), (std::set<Uuid>{Record("A"), Record("B")}));
  EXPECT_TRUE(Find(Record("A"))->external_id().empty());
}

TEST_F(ErasureTest, LateFactsCountForTheBooksAndLaterOnesForSomebodyNew) {
  Fold(Shop::Fact(1, "A", Said(Named("lan") + Email("lan@x"))));
  Fold(Shop::Fact(2, "A", Sale("S-1", 500)));
  Fold(Shop::Request(5, "A", kErase));
  // A till that was offline, and says whom it saw.
  Change late = Shop::Fact(6, "A", Sale("S-2", 100));
  late.set_occurred_at_micros(late.recorded_at_micros() - 3 * kMinute);
  late.set_life(1);
  EXPECT_EQ(Fold(late), "APPLIED CUSTOMER_ERASED S-2");
  EXPECT_EQ(shop_.Balance("A"), 600);
  Change late_contact = Shop::Fact(7, "A", Said(Email("lan@z")));
  late_contact.set_occurred_at_micros(late_contact.recorded_at_micros() - 3 * kMinute);
  EXPECT_EQ(Fold(late_contact), "APPLIED CUSTOMER_ERASED");
  EXPECT_FALSE(HoldsToken("lan@z"));
  // A gateway that knew would have sent nothing; what this one sealed must go, too.
  EXPECT_EQ(SealedForIn(4), std::set<Uuid>{});
  EXPECT_EQ(SealedForIn(5), std::set<Uuid>{Record("A")});

  Change later = Shop::Fact(8, "A", Sale("S-3", 70));
  later.set_life(1);
  EXPECT_EQ(Fold(later), "APPLIED S-3");
  Change card = Shop::Fact(9, "A", Said(Named("minh") + Email("minh@x")));
  card.set_life(1);
  EXPECT_EQ(Fold(card), "APPLIED");
  const Uuid second = RecordId("shop", "pos", "till-1", "A", 1);
  ASSERT_TRUE(Find(second).has_value());
  EXPECT_EQ(Find(second)->external_id(), "A");
  EXPECT_EQ(shop_.Balance("A"), 600);
  EXPECT_TRUE(shop_.IsBalanced());

  // And a third life.
  EXPECT_EQ(Fold(Shop::Request(10, "A", kErase)), "APPLIED");
  EXPECT_FALSE(HoldsToken("minh@x"));
  Change third = Shop::Fact(11, "A", Said(Email("hoa@x")));
  third.set_life(2);
  EXPECT_EQ(Fold(third), "APPLIED");
  EXPECT_TRUE(Find(RecordId("shop", "pos", "till-1", "A", 2)).has_value());
}

TEST_F(ErasureTest, WhatAGatewaySealedThatHadNotHeardOfItIsNotKept) {
  Fold(Shop::Fact(1, "A", Said(Email("lan@x"))));
  Fold(Shop::Request(2, "A", kErase));
  EXPECT_EQ(Fold(Shop::Fact(3, "A", Said(Email("lan@new")))), "APPLIED CUSTOMER_ERASED");
  EXPECT_FALSE(HoldsToken("lan@new"));
  EXPECT_TRUE(Find(RecordId("shop", "pos", "till-1", "A", 1)).has_value());  // without a name yet
  EXPECT_EQ(SealedForIn(3), std::set<Uuid>{Record("A")});
  Change next = Shop::Fact(4, "A", Said(Email("lan@newer")));
  next.set_life(1);
  EXPECT_EQ(Fold(next), "APPLIED");
  EXPECT_TRUE(HoldsToken("lan@newer"));
}

// What nobody could use, and what was refused, stands in the log, and nowhere in the views.
TEST_F(ErasureTest, WhatCameToNothingGoesWithWhomItNamedOrElseWithTheNextOfAll) {
  const auto unusable = [](int id) {
    return Shop::Fact(
        id, "",
        "unusable_delivery { reason: 'UNPARSABLE' " + Sealed("pieces", "a page of names") + " }");
  };
  const auto id_of = [](const Change& change) { return *Uuid::FromBytes(change.id()); };
  Fold(Shop::Fact(1, "A", Said(Email("lan@x"))));
  Fold(Shop::Fact(2, "B", Said(Email("paul@x"))));
  const Change first = unusable(3);
  EXPECT_EQ(Fold(first), "DEAD_LETTER UNPARSABLE");
  // Somebody at a desk, too late: the values would have gone to a record that does not exist.
  Change refused = Shop::Request(4, "", Said(Email("lan@y")));
  refused.set_channel("back-office");
  refused.set_customer_id(std::string(Record("A").bytes()));
  refused.mutable_preconditions()->set_etag("0");
  EXPECT_EQ(Fold(refused), "REJECTED ETAG_CHANGED");
  // Sent again corrected, it is what it became.
  Change corrected = unusable(5);
  EXPECT_EQ(Fold(corrected), "DEAD_LETTER UNPARSABLE");
  corrected = Shop::Fact(5, "", Consent("hoa@x"));
  EXPECT_EQ(Fold(corrected), "APPLIED");

  EXPECT_EQ(Fold(Shop::Request(6, "B", kErase)), "APPLIED");
  EXPECT_EQ(SealedForIn(5), (std::set<Uuid>{Record("B"), id_of(first)}));
  EXPECT_EQ(Fold(Shop::Request(7, "A", kErase)), "APPLIED");
  EXPECT_EQ(SealedForIn(6), (std::set<Uuid>{Record("A"), SealedFor(refused)}));
  // It names somebody who is forgotten already: at once.
  refused.set_id(Shop::Change(8, "").id());
  EXPECT_EQ(Fold(refused), "REJECTED CUSTOMER_ERASED");
  EXPECT_EQ(SealedForIn(7), std::set<Uuid>{SealedFor(refused)});

  // What waited somewhere since before then, too; what came later speaks of others.
  Change late = unusable(9);
  late.set_occurred_at_micros(late.recorded_at_micros() - 3 * kMinute);
  EXPECT_EQ(Fold(late), "DEAD_LETTER UNPARSABLE");
  EXPECT_EQ(SealedForIn(kDeadLetterErasure | 3), std::set<Uuid>{id_of(late)});
  const Change later = unusable(10);
  Fold(later);
  EXPECT_EQ(SealedForIn(kDeadLetterErasure | 4), std::set<Uuid>{});
  Fold(Shop::Fact(11, "C", Said(Email("minh@x"))));
  EXPECT_EQ(Fold(Shop::Request(12, "C", kErase)), "APPLIED");
  EXPECT_EQ(SealedForIn(9), (std::set<Uuid>{Record("C"), id_of(later)}));
}

TEST_F(ErasureTest, NobodyLinksUnlinksOrNamesThemAnyMore) {
  Fold(Shop::Fact(1, "A", Said(Email("lan@x"))));
  Fold(Shop::Fact(2, "B", Said(Email("lan@y"))));
  Fold(Shop::Fact(3, "C", Said(Email("paul@x"))));
  Fold(Shop::Request(4, "", Link(Record("A"), Record("B"))));
  Fold(Shop::Request(5, "A", kErase));
  EXPECT_EQ(Fold(Shop::Request(6, "", Link(Record("A"), Record("C")))), "REJECTED CUSTOMER_ERASED");
  EXPECT_EQ(Fold(Shop::Request(7, "",
                               "unlink_customers { customer: '" + Record("A").ToString() +
                                   "' other: '" + Record("B").ToString() + "' }")),
            "REJECTED CUSTOMER_ERASED");
  Change by_id = Shop::Request(8, "", "set_debt { target { unit: 'EUR' minor: 5 } }");
  by_id.set_customer_id(std::string(Record("A").bytes()));
  EXPECT_EQ(Fold(by_id), "REJECTED CUSTOMER_ERASED");
  Change sale = Shop::Fact(9, "", Sale("S-1", 500));
  sale.set_customer_id(std::string(Record("A").bytes()));
  EXPECT_EQ(Fold(sale), "APPLIED CUSTOMER_ERASED S-1");
  EXPECT_EQ(shop_.Balance("A"), 500);
  EXPECT_EQ(Fold(Shop::Request(10, "B", kErase)), "REJECTED CUSTOMER_ERASED");
}

TEST_F(ErasureTest, AskedTwiceOrForNobody) {
  EXPECT_EQ(Fold(Shop::Request(1, "A", kErase)), "REJECTED NOT_FOUND");
  EXPECT_FALSE(Find(Record("A")).has_value());
  Fold(Shop::Fact(2, "A", Said(Email("lan@x"))));
  Fold(Shop::Request(3, "A", kErase));
  Change again = Shop::Request(4, "", kErase);
  again.set_customer_id(std::string(Record("A").bytes()));
  EXPECT_EQ(Fold(again), "APPLIED NO_CHANGE");
  EXPECT_EQ(Fold(Shop::Fact(5, "A", kErase)), "DEAD_LETTER INTENT_NOT_ALLOWED");
}

TEST_F(ErasureTest, AConsentGoesWithTheLastWhoHasTheAddress) {
  Fold(Shop::Fact(1, "A", Said(Named("lan") + Email("family@x"))));
  Fold(Shop::Fact(2, "B", Said(Named("minh") + Email("family@x"))));
  Fold(Shop::Fact(3, "A", Consent("family@x")));
  const auto consents = [&] {
    int count = 0;
    shop_.state().Scan(Family::kConsents, "",
                       [&](std::string_view, std::string_view) { return ++count > 0; });
    return count;
  };
  Fold(Shop::Request(4, "A", kErase));
  EXPECT_EQ(consents(), 1);
  Fold(Shop::Request(5, "B", kErase));
  EXPECT_EQ(consents(), 0);
}

// Whoever remains is weighed as if those who are forgotten had never been there.
TEST_F(ErasureTest, OthersAreLinkedAsIfTheyHadNeverBeenThere) {
  // Four names on one mobile: it identifies nobody, until one of them goes.
  Fold(Shop::Fact(1, "A", Said(Named("lan") + Phone("0900"))));
  Fold(From(Shop::Fact(2, "A2", Said(Named("lan") + Phone("0900"))), "web-shop"));
  Fold(Shop::Fact(3, "B", Said(Named("minh") + Phone("0900"))));
  Fold(Shop::Fact(4, "C", Said(Named("hoa") + Phone("0900"))));
  const auto customer_of = [&](const Uuid& record) {
    return CustomerOfRecord(shop_.state(), "shop", record);
  };
  const bool before = customer_of(Record("A")) == customer_of(Record("A2", "web-shop", "main"));
  Fold(Shop::Fact(5, "D", Said(Named("tuan") + Phone("0900"))));
  EXPECT_NE(customer_of(Record("A")), customer_of(Record("A2", "web-shop", "main")));
  Fold(Shop::Request(6, "D", kErase));
  EXPECT_EQ(customer_of(Record("A")) == customer_of(Record("A2", "web-shop", "main")), before);
}

}  // namespace
}  // namespace carnet::domain
