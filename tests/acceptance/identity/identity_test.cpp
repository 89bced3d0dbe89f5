// `carnet identity try` tells a store what would become of its export: it must be what the server
// makes of the same stream. And what people ask the server about links, over its socket.
//
// CARNET_IDENTITY_STREAM names another stream (events.jsonl) to compare; CARNET_SEED makes another
// town.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/identity_service.grpc.pb.h"
#include "cli/identity_stream.h"
#include "domain/customers/record.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/simulation/scratch_folder.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::acceptance {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A small town seen by three channels: people share phones, change their mail and are mistyped.
std::string Town(simulation::Random* random, int people) {
  static const std::vector<std::string> kGiven = {"Marie", "Paul",  "Jeanne", "Luc",   "Sophie",
                                                  "Hugo",  "Alice", "Minh",   "Thanh", "Robert"};
  static const std::vector<std::string> kFamily = {"Durand", "Martin",  "Petit",  "Nguyen",
                                                   "Tran",   "Lefevre", "Bernard"};
  const auto pick = [&](const std::vector<std::string>& list) {
    return list[random->Below(list.size())];
  };
  std::string stream;
  int index = 0;
  for (int person = 0; person < people; ++person) {
    const std::string given = pick(kGiven);
    std::string family = pick(kFamily);
    // Some share a number with the one before.
    const uint64_t phone = random->Below(5) == 0 && person > 0 ? person - 1 : person;
    for (const char* channel : {"pos", "web-shop", "facebook"}) {
      const auto times = random->Below(3);
      for (uint64_t i = 0; i < times; ++i) {
        if (random->Below(20) == 0) std::swap(family[1], family[2]);
        absl::StrAppend(&stream, "{\"index\":", index, ",\"merchant\":\"shop-", person % 2,
                        "\",\"channel\":\"", channel, "\",\"external_id\":\"", person,
                        "\",\"occurred_at\":\"",
                        absl::StrFormat("2025-%02d-%02dT10:%02d:00Z", 1 + index / 200 % 12,
                                        1 + static_cast<int>(random->Below(28)), index % 60),
                        "\",\"region\":\"FR\",\"kind\":\"consumer\",\"fields\":{\"given_name\":\"",
                        given, "\",\"family_name\":\"", family, "\"");
        if (random->Below(3) != 0)
          absl::StrAppend(&stream, ",\"phone\":\"06", absl::StrFormat("%08d", 10203040 + phone),
                          "\"");
        if (random->Below(2) == 0)
          absl::StrAppend(&stream, ",\"email\":\"", given, ".", person, "@mail.example\"");
        if (random->Below(3) == 0)
          absl::StrAppend(&stream, ",\"address\":{\"street\":\"", person % 7,
                          " rue Haute\",\"city\":\"Lyon\"}");
        absl::StrAppend(&stream, "}}\n");
        ++index;
      }
    }
  }
  return stream;
}

std::vector<std::vector<std::string>> ReadCsv(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(in, line);  // titles
  while (std::getline(in, line)) rows.push_back(absl::StrSplit(line, ','));
  return rows;
}

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() : carnetd_(scratch_.path() + "/data", scratch_.path() + "/scratch") {
    std::filesystem::create_directories(scratch_.path() + "/scratch");
    carnetd_.Start();
    EXPECT_TRUE(carnetd_.WaitUntilServing()) << carnetd_.Messages();
    changes_ = v1::ChangeService::NewStub(carnetd_.channel());
    customers_ = v1::CustomerService::NewStub(carnetd_.channel());
    identity_ = v1::IdentityService::NewStub(carnetd_.channel());
  }

  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub* stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    SetDeadline(&context);
    return runtime::FromGrpcStatus((stub->*method)(&context, request, response));
  }

  void Publish(v1::Change change) {
    v1::PublishRequest request;
    *request.mutable_change() = std::move(change);
    request.mutable_change()->set_id(Uuid::Random().ToString());
    request.set_wait(true);
    v1::PublishResponse response;
    const absl::Status status =
        Call(changes_.get(), &v1::ChangeService::Stub::Publish, request, &response);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(response.outcome().status(), v1::OUTCOME_STATUS_APPLIED)
        << response.ShortDebugString();
  }

  // "{external id}": what the till says of somebody; their resource name.
  std::string Tell(const std::string& external_id, const std::string& contact) {
    v1::Change change;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        "merchant: 'shop-1' channel: 'pos' source: 'till-1' intent: INTENT_FACT external_id: '" +
            external_id + "' body { contact_observed { contact { country: 'FR' " + contact +
            " } } }",
        &change));
    Publish(change);
    return "merchants/shop-1/customers/" +
           domain::RecordId("shop-1", "pos", "till-1", external_id).ToString();
  }

  std::vector<v1::Suggestion> Suggestions(const std::string& name, int32_t limit = 100) {
    v1::ListSuggestionsRequest request;
    request.set_name(name);
    request.set_limit(limit);
    v1::ListSuggestionsResponse response;
    const absl::Status status =
        Call(identity_.get(), &v1::IdentityService::Stub::ListSuggestions, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return {response.suggestions().begin(), response.suggestions().end()};
  }
  v1::ExplainLinksResponse Explain(const std::string& name) {
    v1::ExplainLinksRequest request;
    request.set_name(name);
    v1::ExplainLinksResponse response;
    const absl::Status status =
        Call(identity_.get(), &v1::IdentityService::Stub::ExplainLinks, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  v1::PreviewLinkResponse PreviewLink(const std::string& name, const std::string& other) {
    v1::PreviewLinkRequest request;
    request.set_name(name);
    request.set_other(other);
    v1::PreviewLinkResponse response;
    const absl::Status status =
        Call(identity_.get(), &v1::IdentityService::Stub::PreviewLink, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  v1::PreviewUnlinkResponse PreviewUnlink(const std::string& name, const std::string& other) {
    v1::PreviewUnlinkRequest request;
    request.set_name(name);
    request.set_other(other);
    v1::PreviewUnlinkResponse response;
    const absl::Status status =
        Call(identity_.get(), &v1::IdentityService::Stub::PreviewUnlink, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  const simulation::ScratchFolder scratch_;
  CarnetdProcess carnetd_;
  std::unique_ptr<v1::ChangeService::Stub> changes_;
  std::unique_ptr<v1::CustomerService::Stub> customers_;
  std::unique_ptr<v1::IdentityService::Stub> identity_;
};

// "customers/{id}" at the end of a resource name.
std::string Id(const std::string& name) { return name.substr(name.rfind("customers/")); }

TEST_F(IdentityTest, TryingAStreamComesToWhatServingItDoes) {
  std::string events = scratch_.path() + "/events.jsonl";
  if (const char* given = std::getenv("CARNET_IDENTITY_STREAM")) {
    events = given;
  } else {
    simulation::Random random(simulation::RunSeed());
    std::ofstream(events) << Town(&random, 120);
  }
  const std::string clusters = scratch_.path() + "/clusters.csv";
  const std::string suggestions = scratch_.path() + "/suggestions.csv";
  OutputOf({CARNET_BINARY, "identity", "try", events, "--clusters", clusters, "--suggestions",
            suggestions},
           scratch_.path());

  struct Record {
    std::string merchant;
    Uuid id;
  };
  std::map<std::string, Record> records;  // by the event's index
  std::ifstream in(events);
  std::string line;
  while (std::getline(in, line)) {
    const auto event = cli::ReadIdentityEvent(line);
    ASSERT_TRUE(event.ok()) << event.status();
    v1::Change change;
    change.set_merchant(event->merchant);
    change.set_channel(event->channel);
    change.set_source(event->channel);
    change.set_external_id(event->external_id);
    change.mutable_occurred_at()->set_seconds(event->occurred_at_micros / 1'000'000);
    change.set_intent(v1::INTENT_FACT);
    *change.mutable_body()->mutable_contact_observed()->mutable_contact() = event->contact;
    ASSERT_NO_FATAL_FAILURE(Publish(std::move(change)));
    records[absl::StrCat(event->index)] = {
        event->merchant,
        domain::RecordId(event->merchant, event->channel, event->channel, event->external_id)};
  }

  std::set<std::pair<std::string, std::string>> names;  // merchant, customer's id
  std::map<std::string, std::string> merchant_of;       // of a customer
  size_t compared = 0;
  for (const auto& row : ReadCsv(clusters)) {
    const Record& record = records.at(row.at(0));
    v1::GetCustomerRequest request;
    request.set_name("merchants/" + record.merchant + "/customers/" + record.id.ToString());
    v1::GetCustomerResponse response;
    const absl::Status status =
        Call(customers_.get(), &v1::CustomerService::Stub::GetCustomer, request, &response);
    ASSERT_TRUE(status.ok()) << status;
    const std::string served = Id(response.customer().name()).substr(10);
    EXPECT_EQ(served, row.at(1)) << row.at(0);
    merchant_of[served] = record.merchant;
    ++compared;
  }
  EXPECT_GE(compared, records.size());
  EXPECT_LT(merchant_of.size(), records.size());  // somebody was linked

  std::set<std::tuple<std::string, std::string, std::string>> tried;
  for (const auto& row : ReadCsv(suggestions)) {
    tried.emplace(std::min(row.at(0), row.at(1)), std::max(row.at(0), row.at(1)), row.at(2));
  }
  std::set<std::tuple<std::string, std::string, std::string>> served;
  for (const auto& [customer, merchant] : merchant_of) {
    for (const auto& suggestion : Suggestions("merchants/" + merchant + "/customers/" + customer)) {
      const std::string other = Id(suggestion.customer()).substr(10);
      served.emplace(std::min(customer, other), std::max(customer, other),
                     absl::StrFormat("%.2f", suggestion.score_quarters() / 4.0));
    }
  }
  EXPECT_EQ(served, tried);
  EXPECT_THAT(tried, ::testing::Not(::testing::IsEmpty()));
}

TEST_F(IdentityTest, SuggestionsSayWhyAndAreAcceptedOrDismissed) {
  const std::string home = " addresses { street { plain: '3 rue Haute' } town { plain: 'Lyon' } }";
  const std::string name =
      "name { given { plain: 'Marie' } family { plain: 'Lefevre-Duval' } }" + home;
  const std::string marie = Tell("1", name + " emails { plain: 'marie@mail.example' }");
  const std::string again = Tell("2", name);
  Tell("3", "name { given { plain: 'Paul' } family { plain: 'Nguyen' } }" + home);
  const auto found = Suggestions(marie);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].customer(), again);
  EXPECT_THAT(found[0].display_name(), HasSubstr("Lefevre-Duval"));
  EXPECT_GE(found[0].score_quarters(), 20);
  ASSERT_GT(found[0].evidence_size(), 0);
  for (const auto& evidence : found[0].evidence()) {
    EXPECT_FALSE(evidence.words().empty());
    EXPECT_FALSE(evidence.code().empty());
  }
  EXPECT_EQ(found[0].own_record(), Id(marie));

  v1::DistinguishCustomerRequest dismiss;
  dismiss.set_name(marie);
  dismiss.set_other(found[0].other_record());
  v1::DistinguishCustomerResponse dismissed;
  ASSERT_TRUE(
      Call(identity_.get(), &v1::IdentityService::Stub::DistinguishCustomer, dismiss, &dismissed)
          .ok());
  for (const auto& left : Suggestions(marie)) EXPECT_NE(left.customer(), found[0].customer());
  const auto explained = Explain(marie);
  ASSERT_THAT(explained.distinctions(), SizeIs(1));
  EXPECT_EQ(explained.distinctions(0).other(), found[0].other_record());
  EXPECT_GT(explained.distinctions(0).change_number(), 0U);

  v1::LinkCustomerRequest accept;
  accept.set_name(marie);
  accept.set_other(Id(found[0].customer()));
  v1::LinkCustomerResponse linked;
  ASSERT_TRUE(
      Call(identity_.get(), &v1::IdentityService::Stub::LinkCustomer, accept, &linked).ok());
  EXPECT_EQ(linked.customer().records_size(), 2);
  const auto links = Explain(marie).links();
  ASSERT_THAT(links, SizeIs(1));
  EXPECT_TRUE(links[0].by_person());
}

TEST_F(IdentityTest, ALinkOfTheRulesIsExplainedWithTheChangeBehindIt) {
  const std::string one = Tell("1",
                               "name { full { plain: 'Jeanne Petit' } } emails { plain: "
                               "'jeanne@mail.example' }");
  Tell("2", "name { full { plain: 'Jeanne Petit' } } emails { plain: 'jeanne@mail.example' }");
  const auto explained = Explain(one);
  ASSERT_THAT(explained.links(), SizeIs(1));
  const auto& link = explained.links(0);
  EXPECT_FALSE(link.by_person());
  EXPECT_GE(link.score_quarters(), 36);
  EXPECT_EQ(link.change_number(), 2U);
  std::vector<std::string> words;
  for (const auto& evidence : link.evidence()) words.push_back(evidence.words());
  EXPECT_THAT(words, Contains("the same e-mail"));
  EXPECT_THAT(explained.records(), SizeIs(2));
}

TEST_F(IdentityTest, PreviewsNameWhatStandsInTheWayAndChangeNothing) {
  const std::string one = Tell("1", "emails { plain: 'one@mail.example' }");
  const std::string two = Tell("2", "emails { plain: 'two@mail.example' }");
  const auto possible = PreviewLink(one, Id(two));
  EXPECT_THAT(possible.blockers(), SizeIs(0));
  ASSERT_THAT(possible.customers(), SizeIs(1));
  EXPECT_THAT(possible.customers(0).records(), ElementsAre(Id(one), Id(two)));
  EXPECT_THAT(Explain(one).records(), SizeIs(1));  // nothing was done

  EXPECT_EQ(PreviewUnlink(one, Id(two)).blockers(0).reason(), "NOT_LINKED");
  v1::LinkCustomerRequest link;
  link.set_name(one);
  link.set_other(Id(two));
  v1::LinkCustomerResponse linked;
  ASSERT_TRUE(Call(identity_.get(), &v1::IdentityService::Stub::LinkCustomer, link, &linked).ok());
  EXPECT_EQ(PreviewLink(one, Id(two)).blockers(0).reason(), "NO_CHANGE");
  const auto apart = PreviewUnlink(one, Id(two));
  EXPECT_THAT(apart.blockers(), SizeIs(0));
  EXPECT_THAT(apart.customers(), SizeIs(2));

  const std::string three = Tell("3", "emails { plain: 'three@mail.example' }");
  v1::DistinguishCustomerRequest distinguish;
  distinguish.set_name(two);
  distinguish.set_other(Id(three));
  v1::DistinguishCustomerResponse distinguished;
  ASSERT_TRUE(Call(identity_.get(), &v1::IdentityService::Stub::DistinguishCustomer, distinguish,
                   &distinguished)
                  .ok());
  const auto refused = PreviewLink(one, Id(three));
  ASSERT_THAT(refused.blockers(), SizeIs(1));
  EXPECT_EQ(refused.blockers(0).reason(), "DISTINGUISHED");
  EXPECT_TRUE(refused.blockers(0).refused());
  EXPECT_THAT(refused.customers(), SizeIs(2));  // as they are

  v1::EraseCustomerRequest erase;
  erase.set_name(three);
  v1::EraseCustomerResponse erased;
  ASSERT_TRUE(
      Call(identity_.get(), &v1::IdentityService::Stub::EraseCustomer, erase, &erased).ok());
  EXPECT_EQ(PreviewLink(one, Id(three)).blockers(0).reason(), "CUSTOMER_ERASED");
}

}  // namespace
}  // namespace carnet::acceptance
