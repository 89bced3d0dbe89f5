// Every method, with every kind of credential that should not do, over TLS and mutual TLS. Methods
// are found in the descriptors: a new one is walked without a line here.
#include <algorithm>
#include <map>
#include <set>

#include "absl/time/clock.h"
#include <gmock/gmock.h>

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "tests/acceptance/access/access_fixture.h"

namespace carnet::acceptance {
namespace {

using testing::AnyOf;
using testing::Not;
using testing::StartsWith;

constexpr char kMissing[] = "UNAUTHENTICATED CREDENTIALS_MISSING";
constexpr char kRefused[] = "UNAUTHENTICATED CREDENTIALS_REFUSED";
constexpr char kDenied[] = "PERMISSION_DENIED ACCESS_DENIED";
const auto kAdmitted = Not(AnyOf(StartsWith("UNAUTHENTICATED"), StartsWith("PERMISSION_DENIED"),
                                 StartsWith("UNAVAILABLE"), StartsWith("DEADLINE_EXCEEDED"),
                                 StartsWith("UNIMPLEMENTED")));

// Which roles have a permission, written down once more than in the code.
const std::map<v1::Permission, std::set<v1::Role>> kRolesWith = {
    {v1::PERMISSION_READ_CUSTOMERS,
     {v1::ROLE_BACK_OFFICE, v1::ROLE_TILL, v1::ROLE_REPORTS, v1::ROLE_INTEGRATOR,
      v1::ROLE_GATEWAY}},
    {v1::PERMISSION_READ_BALANCES,
     {v1::ROLE_BACK_OFFICE, v1::ROLE_TILL, v1::ROLE_REPORTS, v1::ROLE_INTEGRATOR}},
    {v1::PERMISSION_READ_HISTORY,
     {v1::ROLE_BACK_OFFICE, v1::ROLE_TILL, v1::ROLE_REPORTS, v1::ROLE_INTEGRATOR}},
    {v1::PERMISSION_READ_OUTCOMES,
     {v1::ROLE_BACK_OFFICE, v1::ROLE_TILL, v1::ROLE_INTEGRATOR, v1::ROLE_OPERATOR,
      v1::ROLE_GATEWAY}},
    {v1::PERMISSION_FOLLOW, {v1::ROLE_BACK_OFFICE, v1::ROLE_INTEGRATOR}},
    // An operator may publish, but no sale.
    {v1::PERMISSION_PUBLISH, {v1::ROLE_BACK_OFFICE, v1::ROLE_TILL, v1::ROLE_INTEGRATOR}},
    {v1::PERMISSION_CREATE_TOKENS, {v1::ROLE_BACK_OFFICE, v1::ROLE_INTEGRATOR}},
    {v1::PERMISSION_OPERATE, {v1::ROLE_OPERATOR, v1::ROLE_GATEWAY}},
    {v1::PERMISSION_READ_DELIVERIES, {v1::ROLE_BACK_OFFICE}},
};

const std::set<std::string> kChannelsKinds = {"contact_observed", "posting",
                                              "reversal",         "consent_recorded",
                                              "record_deleted",   "order_observed"};

class WalkTest : public AccessFixture, public testing::WithParamInterface<bool> {
 protected:
  bool mutual() const { return GetParam(); }
  std::optional<Pem> OwnCertificate() const {
    return mutual() ? std::optional<Pem>(authority_.Sign("a client")) : std::nullopt;
  }

  std::string Call(const std::shared_ptr<grpc::Channel>& channel, const Method& method,
                   const std::string& credential, const std::string& merchant = "shop-1",
                   const std::string& customer = "") {
    return Verdict(contract_.Call(
        channel, method, credential,
        contract_.Request(method, merchant, customer.empty() ? customer_ : customer)));
  }

  const std::string customer_ = Uuid::Random().ToString();
};

TEST_P(WalkTest, NobodyCallsWhatIsNotTheirs) {
  const std::vector<v1::Role> roles = {v1::ROLE_BACK_OFFICE, v1::ROLE_TILL,     v1::ROLE_REPORTS,
                                       v1::ROLE_INTEGRATOR,  v1::ROLE_OPERATOR, v1::ROLE_GATEWAY};
  std::map<v1::Role, std::string> keys;
  for (const v1::Role role : roles) keys[role] = AddKey(role);
  const auto ended = [](v1::AccessKey* key) {
    key->mutable_expires_at()->set_seconds(absl::ToUnixSeconds(absl::Now()) - 1);
  };
  const auto revoked = [](v1::AccessKey* key) {
    key->mutable_revoked_at()->set_seconds(absl::ToUnixSeconds(absl::Now()) - 1);
  };
  // For each permission: who has it and should be let in, the same expired, revoked, of another
  // merchant, and narrowed to all but this.
  struct Credentials {
    std::string right, expired, revoked, foreign, narrow;
  };
  std::map<v1::Permission, Credentials> with;
  for (const auto& [permission, who] : kRolesWith) {
    const v1::Role role = *who.begin();
    const auto without = [p = permission](v1::AccessKey* key) {
      for (const auto& [other, unused] : kRolesWith) {
        if (other != p) key->add_permissions(other);
      }
    };
    with[permission] = {keys[role], AddKey(role, "shop-1", ended), AddKey(role, "shop-1", revoked),
                        AddKey(role, "shop-2"), AddKey(role, "shop-1", without)};
  }
  // Of a key that was never in the file, and of one with another key's secret.
  const std::string stranger = AddKey(v1::ROLE_BACK_OFFICE);
  file_.mutable_keys()->RemoveLast();
  std::string mixed = keys[v1::ROLE_OPERATOR];
  mixed.replace(24, std::string::npos, keys[v1::ROLE_TILL].substr(24));
  const std::string self = TokenFor(v1::ROLE_SELF, customer_, absl::Minutes(5));
  const std::string guardian = TokenFor(v1::ROLE_GUARDIAN, customer_, absl::Minutes(5));
  std::string forged = self;
  forged[self.size() / 3] = forged[self.size() / 3] == 'A' ? 'B' : 'A';
  Start(mutual());
  const auto channel = Connect(OwnCertificate());

  int served = 0;
  for (const Method& method : contract_.methods()) {
    SCOPED_TRACE(method.rule.method());
    // Declared, and served by nobody yet.
    if (Call(channel, method, "") == "UNIMPLEMENTED") continue;
    ++served;
    const v1::Permission permission = method.rule.permission();
    // What channels deliver tells more of people than any card: no method that shows it may ask for
    // less.
    if (method.rule.method().find("DeliveryService/Get") != std::string::npos) {
      EXPECT_EQ(permission, v1::PERMISSION_READ_DELIVERIES);
    }
    const Credentials& credentials = with.at(permission);
    EXPECT_EQ(Call(channel, method, ""), kMissing);
    for (const std::string& wrong :
         {stranger, mixed, forged, std::string("carnet_key_"), std::string("carnet_token_."),
          credentials.right + "A", credentials.expired, credentials.revoked}) {
      EXPECT_EQ(Call(channel, method, wrong), kRefused);
    }
    if (permission != v1::PERMISSION_OPERATE) {
      EXPECT_EQ(Call(channel, method, credentials.foreign), kDenied);
      EXPECT_EQ(Call(channel, method, credentials.right, "shop-2"), kDenied);
      EXPECT_EQ(Call(channel, method, credentials.right, ""), kDenied);
    }
    EXPECT_EQ(Call(channel, method, credentials.narrow), kDenied);
    EXPECT_THAT(Call(channel, method, credentials.right), kAdmitted);
    for (const v1::Role role : roles) {
      SCOPED_TRACE(v1::Role_Name(role));
      // What a method publishes may be a back office's alone.
      const std::string& kind = method.declared.kind();
      const bool may =
          kRolesWith.at(permission).contains(role) &&
          (kind.empty() || kChannelsKinds.contains(kind) || role == v1::ROLE_BACK_OFFICE);
      if (may) {
        EXPECT_THAT(Call(channel, method, keys[role]), kAdmitted);
      } else {
        EXPECT_EQ(Call(channel, method, keys[role]), kDenied);
      }
    }
    // Written down once more: whoever opens another method to tokens should think twice.
    const bool history = method.name() == "ListVouchers" || method.name() == "ListOrders";
    const bool balance = method.name() == "GetBalance";
    for (const auto& [token, may] :
         {std::pair(self, history || balance), std::pair(guardian, history)}) {
      if (may) {
        EXPECT_THAT(Call(channel, method, token), kAdmitted);
      } else {
        EXPECT_EQ(Call(channel, method, token), kDenied);
      }
      EXPECT_EQ(Call(channel, method, token, "shop-2"), kDenied);
      EXPECT_EQ(Call(channel, method, token, "shop-1", Uuid::Random().ToString()), kDenied);
    }
  }
  EXPECT_GE(served, 12);
}

TEST_P(WalkTest, OnlyWithTheRightCertificates) {
  const std::string key = AddKey(v1::ROLE_TILL);
  Start(mutual());
  const Method& method = contract_.Find("GetBalance");
  EXPECT_THAT(Call(Connect(OwnCertificate()), method, key), kAdmitted);
  // A server of another authority is no server of ours.
  const Authority other("another root");
  EXPECT_EQ(Call(Connect(other.root(), OwnCertificate()), method, key), "UNAVAILABLE");
  if (mutual()) {
    EXPECT_EQ(Call(Connect(), method, key), "UNAVAILABLE");
    EXPECT_EQ(Call(Connect(other.Sign("a client")), method, key), "UNAVAILABLE");
    // A certificate alone is no key.
    EXPECT_EQ(Call(Connect(OwnCertificate()), method, ""), kMissing);
  }
  const auto clear = grpc::CreateChannel(carnetd_->address(), grpc::InsecureChannelCredentials());
  EXPECT_EQ(Call(clear, method, key), "UNAVAILABLE");
}

INSTANTIATE_TEST_SUITE_P(Tls, WalkTest, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Mutual" : "OfTheServer"; });

class SilenceTest : public AccessFixture {
 protected:
  // The whole answer, as a client gets it.
  struct Answer {
    std::string text;
    absl::Duration time;
  };
  Answer Ask(const std::shared_ptr<grpc::Channel>& channel, const Method& method,
             const std::string& credential, const std::string& merchant,
             const std::string& customer) {
    const std::string request = contract_.Request(method, merchant, customer);
    const absl::Time begin = absl::Now();
    const absl::Status status = contract_.Call(channel, method, credential, request);
    const absl::Duration time = absl::Now() - begin;
    std::string text = status.ToString() + ReasonOf(status) + FieldOf(status);
    ForEachErrorMetadata(status, [&](std::string_view key, std::string_view value) {
      text += std::string(key) + "=" + std::string(value);
    });
    return {text, time};
  }
};

TEST_F(SilenceTest, WhoHasNoRightLearnsNothingOfWhatExists) {
  const std::string own = AddKey(v1::ROLE_BACK_OFFICE, "shop-1");
  const std::string theirs = AddKey(v1::ROLE_BACK_OFFICE, "shop-2");
  std::string wrong_secret = theirs;
  wrong_secret.replace(24, std::string::npos, own.substr(24));
  std::string unknown_id = wrong_secret;
  unknown_id.replace(11, 12, "aaaaaaaaaaaa");
  Start();
  const auto channel = Connect();
  // shop-2 exists and has a customer.
  v1::PublishRequest sale;
  sale.ParseFromString(contract_.Request(contract_.Find("Publish"), "shop-2", ""));
  sale.set_wait(true);
  v1::PublishResponse published;
  grpc::ClientContext context;
  SetDeadline(&context);
  context.AddMetadata("authorization", "Bearer " + theirs);
  ASSERT_TRUE(v1::ChangeService::NewStub(channel)->Publish(&context, sale, &published).ok());
  const std::string theirs_id = published.outcome().record().substr(sizeof "customers/" - 1);
  const Method& balance = contract_.Find("GetBalance");
  const std::string nobody = Uuid::Random().ToString();
  const std::string self = TokenFor(v1::ROLE_SELF, nobody, absl::Minutes(5));

  ASSERT_EQ(Ask(channel, balance, theirs, "shop-2", theirs_id).text, absl::OkStatus().ToString());

  struct Case {
    std::string credential, merchant, customer;
    std::vector<absl::Duration> times;
    std::string answer;
  };
  std::vector<Case> denied = {{own, "shop-2", theirs_id, {}, {}},     // a merchant that exists
                              {own, "shop-2", nobody, {}, {}},        // somebody it does not know
                              {own, "no-such-shop", nobody, {}, {}},  // nor exists
                              {own, "NO SUCH!", nobody, {}, {}},      // nor could
                              {self, "shop-1", theirs_id, {}, {}}};
  std::vector<Case> refused = {{wrong_secret, "shop-2", theirs_id, {}, {}},
                               {unknown_id, "shop-2", theirs_id, {}, {}},
                               {unknown_id, "no-such-shop", nobody, {}, {}}};
  constexpr int kRounds = 300;
  for (auto* cases : {&denied, &refused}) {
    for (int round = 0; round < kRounds; ++round) {
      for (Case& c : *cases) {
        const Answer answer = Ask(channel, balance, c.credential, c.merchant, c.customer);
        if (round == 0) c.answer = answer.text;
        ASSERT_EQ(answer.text, cases->front().answer);
        c.times.push_back(answer.time);
      }
    }
    std::vector<absl::Duration> medians;
    for (Case& c : *cases) {
      std::sort(c.times.begin(), c.times.end());
      medians.push_back(c.times[kRounds / 2]);
    }
    const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
    // Whoever looked something up would take longer by more than that; less is the network's noise.
    EXPECT_LT(*most, *least * 1.5) << absl::FormatDuration(*least);
  }
}

}  // namespace
}  // namespace carnet::acceptance
