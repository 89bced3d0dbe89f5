#include "vault/normalize/email.h"

#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"

namespace carnet::vault {
namespace {

void Expect(const char* typed, EmailKind kind, const char* exact, const char* canonical) {
  SCOPED_TRACE(typed);
  const NormalEmail email = NormalizeEmail(typed);
  EXPECT_EQ(email.kind, kind);
  EXPECT_EQ(email.exact, exact);
  EXPECT_EQ(email.canonical, canonical);
}

TEST(EmailTest, ExactKeepsTheAddressCanonicalTheMailbox) {
  Expect("Marie.Dupont@Example.COM ", EmailKind::kOwn, "marie.dupont@example.com",
         "marie.dupont@example.com");
  Expect("marie+shop@example.com", EmailKind::kOwn, "marie+shop@example.com", "marie@example.com");
  Expect("M.a.r.i.e+x@Googlemail.com", EmailKind::kOwn, "m.a.r.i.e+x@googlemail.com",
         "marie@gmail.com");
  Expect("<jan@example.org>", EmailKind::kOwn, "jan@example.org", "jan@example.org");
  Expect("info@bücher.example", EmailKind::kRole, "info@xn--bcher-kva.example", "");
  Expect("Zoë@Bücher.example", EmailKind::kOwn, "zoë@xn--bcher-kva.example",
         "zoë@xn--bcher-kva.example");
}

TEST(EmailTest, RoleMailboxesNeverIdentify) {
  for (const char* typed :
       {"info@example.com", "Contact@example.com", "no-reply@example.com", "sales+eu@example.com",
        "service@example.de", "verkoop@example.nl", "compta@example.fr", "cskh@example.vn"}) {
    SCOPED_TRACE(typed);
    EXPECT_EQ(NormalizeEmail(typed).kind, EmailKind::kRole);
    EXPECT_EQ(NormalizeEmail(typed).canonical, "");
    EXPECT_NE(NormalizeEmail(typed).exact, "");
  }
}

TEST(EmailTest, MarketplaceRelaysNeverIdentify) {
  for (const char* typed :
       {"x1y2z3@marketplace.amazon.fr", "abc@members.ebay.co.uk", "anna@conversations.etsy.com",
        "0343dn686781232@relay.marketplace.example", "b@verkopen.bol.com"}) {
    SCOPED_TRACE(typed);
    EXPECT_EQ(NormalizeEmail(typed).kind, EmailKind::kRelay);
    EXPECT_EQ(NormalizeEmail(typed).canonical, "");
  }
  // One person's own, the same for a shop every time.
  EXPECT_EQ(NormalizeEmail("qx7@privaterelay.appleid.com").kind, EmailKind::kOwn);
}

TEST(EmailTest, PlaceholdersAreBlocked) {
  for (const char* typed : {"nomail@example.com", "no-email@example.com", "xxx@example.com",
                            "test@example.com", "anonymous@example.com", "none@none.com"}) {
    SCOPED_TRACE(typed);
    EXPECT_EQ(NormalizeEmail(typed).kind, EmailKind::kBlocked);
    EXPECT_EQ(NormalizeEmail(typed).canonical, "");
  }
}

TEST(EmailTest, WhatIsNoAddressIsInvalid) {
  for (const char* typed :
       {"", "@", "marie", "marie@", "@example.com", "marie@example", "a b@example.com",
        "marie@@example.com", "marie@example..com", ".marie@example.com", "ma..rie@example.com",
        "marie@-example.com", "marie@example.c", "marie@example.123", "marie@exa mple.com"}) {
    SCOPED_TRACE(typed);
    Expect(typed, EmailKind::kInvalid, "", "");
  }
  EXPECT_EQ(NormalizeEmail(std::string(5000, 'a') + "@example.com").kind, EmailKind::kInvalid);
}

RC_GTEST_PROP(EmailPropertyTest, BothFormsGiveThemselves, ()) {
  const std::string local = *rc::gen::nonEmpty(
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("abXY09.+-_'"))));
  const std::string domain = *rc::gen::element<std::string>("example.com", "GMAIL.com",
                                                            "googlemail.com", "Bücher.example");
  const NormalEmail email = NormalizeEmail(local + "@" + domain);
  RC_CLASSIFY(email.kind == EmailKind::kOwn);
  if (email.exact.empty()) return;
  RC_ASSERT(NormalizeEmail(email.exact).exact == email.exact);
  RC_ASSERT(NormalizeEmail(email.exact).canonical == email.canonical);
  if (email.canonical.empty()) return;
  RC_ASSERT(NormalizeEmail(email.canonical).canonical == email.canonical);
}

}  // namespace
}  // namespace carnet::vault
