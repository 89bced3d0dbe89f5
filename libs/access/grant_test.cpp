#include "access/grant.h"

#include <gtest/gtest.h>

#include "access/access_file.h"
#include "access/roles.h"
#include "access/rules.h"
#include "carnet/v1/change.pb.h"
#include "carnet/v1/ledger_service.pb.h"

namespace carnet::access {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'750'000'000);

Grant OfRole(v1::Role role, const std::vector<std::string>& merchants = {"shop-1"}) {
  v1::AccessKey key;
  key.set_role(role);
  for (const std::string& merchant : merchants) key.add_merchants(merchant);
  return GrantOf(key);
}

Facts Reading(v1::Permission permission, std::string_view merchant = "shop-1") {
  return {.permission = permission, .merchant = merchant, .has_merchant = true};
}

Facts Publishing(std::string_view kind, v1::Intent intent = v1::INTENT_FACT,
                 std::string_view channel = "pos") {
  return {.permission = v1::PERMISSION_PUBLISH,
          .merchant = "shop-1",
          .has_merchant = true,
          .is_change = true,
          .channel = channel,
          .kind = KindNumber(kind),
          .intent = intent};
}

// One letter a permission, in the order of the enum; "-" where it is refused.
std::string MayDo(v1::Role role) {
  const Grant grant = OfRole(role);
  std::string letters;
  for (int p = v1::Permission_MIN + 1; p <= v1::Permission_MAX; ++p) {
    const bool may =
        Check(grant, {.permission = static_cast<v1::Permission>(p)}, kNow) == Refusal::kNone;
    letters += may ? "CBHOFPTAD"[p - 1] : '-';
  }
  return letters;
}

TEST(Roles, Permissions) {
  // customers, balances, history, outcomes, feed, publish, tokens, admin, deliveries
  EXPECT_EQ(MayDo(v1::ROLE_BACK_OFFICE), "CBHOFPT-D");
  EXPECT_EQ(MayDo(v1::ROLE_TILL), "CBHO-P---");
  EXPECT_EQ(MayDo(v1::ROLE_REPORTS), "CBH------");
  EXPECT_EQ(MayDo(v1::ROLE_INTEGRATOR), "CBHOFPT--");
  EXPECT_EQ(MayDo(v1::ROLE_OPERATOR), "---O-P-A-");
  EXPECT_EQ(MayDo(v1::ROLE_GATEWAY), "C--O---A-");
  EXPECT_EQ(MayDo(v1::ROLE_SELF), "-BH------");
  EXPECT_EQ(MayDo(v1::ROLE_GUARDIAN), "--H------");
  EXPECT_EQ(MayDo(v1::ROLE_UNSPECIFIED), "---------");
  EXPECT_EQ(MayDo(static_cast<v1::Role>(99)), "---------");
}

TEST(Roles, Kinds) {
  for (int i = 0; i < v1::Body::descriptor()->field_count(); ++i) {
    const std::string& kind = v1::Body::descriptor()->field(i)->name();
    const bool operators = kind == "rules_version_activated";
    const bool tills = kind == "contact_observed" || kind == "posting" || kind == "reversal" ||
                       kind == "consent_recorded" || kind == "record_deleted" ||
                       kind == "order_observed";
    const auto may = [&](v1::Role role) {
      return Check(OfRole(role), Publishing(kind), kNow) == Refusal::kNone;
    };
    EXPECT_EQ(may(v1::ROLE_BACK_OFFICE), !operators) << kind;
    EXPECT_EQ(may(v1::ROLE_OPERATOR), operators) << kind;
    EXPECT_EQ(may(v1::ROLE_TILL), tills) << kind;
    EXPECT_EQ(may(v1::ROLE_INTEGRATOR), tills) << kind;
    EXPECT_FALSE(may(v1::ROLE_REPORTS)) << kind;
    EXPECT_FALSE(may(v1::ROLE_GATEWAY)) << kind;
  }
}

TEST(Roles, WordsAreReadAsTheyAreWritten) {
  for (int role = v1::Role_MIN; role <= v1::Role_MAX; ++role) {
    EXPECT_EQ(ParseRole(RoleWord(static_cast<v1::Role>(role))), role);
  }
  EXPECT_EQ(RoleWord(v1::ROLE_BACK_OFFICE), "back-office");
  EXPECT_EQ(ParsePermission("read-history"), v1::PERMISSION_READ_HISTORY);
  EXPECT_EQ(ParseRole("emperor"), v1::ROLE_UNSPECIFIED);
}

TEST(CheckGrant, MerchantsAreExact) {
  const Grant grant = OfRole(v1::ROLE_TILL, {"shop-2", "shop-1"});
  const auto at = [&](std::string_view merchant) {
    return Check(grant, Reading(v1::PERMISSION_READ_BALANCES, merchant), kNow);
  };
  EXPECT_EQ(at("shop-1"), Refusal::kNone);
  EXPECT_EQ(at("shop-2"), Refusal::kNone);
  for (const char* merchant : {"shop-3", "shop", "shop-11", "SHOP-1", "", "*", "shop-1/x"}) {
    EXPECT_EQ(at(merchant), Refusal::kMerchant) << merchant;
  }
}

TEST(CheckGrant, ExpiryIsTheFirstInstantRefused) {
  Grant grant = OfRole(v1::ROLE_TILL);
  grant.expires_at = kNow;
  const Facts facts = Reading(v1::PERMISSION_READ_BALANCES);
  EXPECT_EQ(Check(grant, facts, kNow - absl::Nanoseconds(1)), Refusal::kNone);
  EXPECT_EQ(Check(grant, facts, kNow), Refusal::kExpired);
}

TEST(CheckGrant, AKeyNarrowsItsRoleAndNeverWidensIt) {
  v1::AccessKey key;
  key.set_role(v1::ROLE_TILL);
  key.add_merchants("shop-1");
  key.add_channels("pos");
  key.add_kinds("posting");
  key.add_kinds("set_debt");  // not a till's
  key.add_intents(v1::INTENT_FACT);
  key.add_permissions(v1::PERMISSION_PUBLISH);
  key.add_permissions(v1::PERMISSION_OPERATE);  // neither
  const Grant grant = GrantOf(key);
  const auto check = [&](const Facts& facts) { return Check(grant, facts, kNow); };
  EXPECT_EQ(check(Publishing("posting")), Refusal::kNone);
  EXPECT_EQ(check(Publishing("posting", v1::INTENT_FACT, "web-shop")), Refusal::kChannel);
  EXPECT_EQ(check(Publishing("reversal")), Refusal::kKind);
  EXPECT_EQ(check(Publishing("set_debt")), Refusal::kKind);
  EXPECT_EQ(check(Publishing("posting", v1::INTENT_REQUEST)), Refusal::kIntent);
  EXPECT_EQ(check(Reading(v1::PERMISSION_READ_BALANCES)), Refusal::kPermission);
  EXPECT_EQ(check({.permission = v1::PERMISSION_OPERATE}), Refusal::kPermission);
}

TEST(CheckGrant, WhatHasNoFormIsLeftToTheForm) {
  EXPECT_EQ(Check(OfRole(v1::ROLE_TILL), Publishing("", v1::INTENT_UNSPECIFIED), kNow),
            Refusal::kNone);
}

TEST(CheckGrant, CustomersOfATokenAreExact) {
  Grant grant = OfRole(v1::ROLE_SELF);
  const Uuid own = Uuid::Random();
  grant.customers = {own};
  v1::GetBalanceRequest request;
  const Rule* rule = RuleOf(*v1::GetBalanceRequest::descriptor());
  ASSERT_NE(rule, nullptr);
  const auto at = [&](const std::string& name) {
    request.set_customer(name);
    return Check(grant, rule->FactsOf(request), kNow);
  };
  EXPECT_EQ(at("merchants/shop-1/customers/" + own.ToString()), Refusal::kNone);
  EXPECT_EQ(at("merchants/shop-2/customers/" + own.ToString()), Refusal::kMerchant);
  EXPECT_EQ(at("merchants/shop-1/customers/" + Uuid::Random().ToString()), Refusal::kCustomer);
  EXPECT_EQ(at("merchants/shop-1"), Refusal::kCustomer);
  EXPECT_EQ(at("merchants/shop-1/customers/" + own.ToString() + "/x"), Refusal::kCustomer);
  EXPECT_EQ(at("merchants/shop-1/vouchers/" + own.ToString()), Refusal::kCustomer);
  EXPECT_EQ(at("shop-1"), Refusal::kMerchant);
  EXPECT_EQ(at(""), Refusal::kMerchant);
}

}  // namespace
}  // namespace carnet::access
