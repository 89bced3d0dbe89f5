// Who was forgotten can't be read any more, by nobody and from nothing that the server keeps; who
// was not can. The books stay, and the log folds to the same bytes as before.
//
// CARNET_SEED repeats the choice of places to be killed at, CARNET_KILL_POINTS asks for more.
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/identity_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "projection/generations.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/erasure/data_search.h"
#include "tests/acceptance/erasure/people.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/acceptance/kill/checks.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scratch_folder.h"
#include "tests/simulation/seeded_random.h"
#include "vault/embedded_key_store.h"
#include "vault/normalize/email.h"
#include "vault/normalize/phone.h"
#include "vault/root_key.h"
#include "vault/tokens.h"

namespace carnet::acceptance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

class ErasureTest : public ::testing::Test {
 protected:
  ErasureTest() { std::filesystem::create_directories(scratch_.path() + "/scratch"); }

  void Start(const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    carnetd_ = std::make_unique<CarnetdProcess>(
        data_, scratch_.path() + "/scratch", std::vector<std::string>{"--merchant-country", "FR"});
    carnetd_->Start(environment);
  }
  void StartAndServe() {
    Start();
    ASSERT_TRUE(carnetd_->WaitUntilServing()) << carnetd_->Messages();
    Connect();
  }
  void Connect() {
    changes_ = v1::ChangeService::NewStub(carnetd_->channel());
    customers_ = v1::CustomerService::NewStub(carnetd_->channel());
    identity_ = v1::IdentityService::NewStub(carnetd_->channel());
    ledger_ = v1::LedgerService::NewStub(carnetd_->channel());
  }
  void Stop() {
    ASSERT_EQ(carnetd_->Terminate(), 0) << carnetd_->Messages();
    carnetd_.reset();
  }

  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub* stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    SetDeadline(&context);
    return runtime::FromGrpcStatus((stub->*method)(&context, request, response));
  }

  v1::Outcome Publish(const std::string& change, const std::string& body) {
    auto request =
        Parse<v1::PublishRequest>("wait: true change { merchant: 'shop-1' utc_offset_minutes: 60 " +
                                  change + " body { " + body + " } }");
    request.mutable_change()->set_id(Uuid::Random().ToString());
    v1::PublishResponse response;
    const absl::Status status =
        Call(changes_.get(), &v1::ChangeService::Stub::Publish, request, &response);
    EXPECT_TRUE(status.ok()) << status << change << body;
    return response.outcome();
  }
  void Apply(const std::string& change, const std::string& body) {
    const v1::Outcome outcome = Publish(change, body);
    EXPECT_EQ(outcome.status(), v1::OUTCOME_STATUS_APPLIED) << outcome.ShortDebugString() << body;
  }

  static std::string Till(const Person& person, const std::string& intent = "FACT") {
    return "channel: 'pos' source: 'till-1' external_id: 'C-" + person.key + "' intent: INTENT_" +
           intent;
  }
  static std::string Sale(const std::string& code, const std::string& more) {
    return "posting { kind: VOUCHER_KIND_SALE code: '" + code +
           "' total { unit: 'EUR' decimal: '12.50' } tenders { method: TENDER_METHOD_ON_ACCOUNT "
           "amount { decimal: '12.50' } } " +
           more + " }";
  }

  void Tell(const Person& person) {
    Apply(Till(person), "contact_observed { contact { emails { plain: '" + person.old_email +
                            "' } phones { plain: '" + person.phone + "' } } }");
    Apply(Till(person),
          "contact_observed { contact { name { given { plain: '" + person.given +
              "' } family { plain: '" + person.family + "' } } emails { plain: '" + person.email +
              "' } birth_date { plain: '" + person.birth_date + "' } notes { plain: '" +
              person.note + "' } addresses { street { plain: '" + person.street +
              "' } town { plain: '" + person.town + "' } } logistics { instructions { plain: '" +
              person.instructions + "' } } custom { key: 'pet' text { plain: '" + person.custom +
              "' } } } }");
    Apply(Till(person), Sale("S-" + person.key, "note { plain: '" + person.sale_note + "' }"));
    Apply(Till(person, "REQUEST"),
          "set_debt { target { unit: 'EUR' decimal: '20.00' } note { plain: '" + person.debt_note +
              "' } }");
    // A note that names nobody: only the voucher tells whose it is.
    Apply(Till(person), Sale("R-" + person.key, ""));
    Apply("channel: 'pos' source: 'till-1' intent: INTENT_REQUEST",
          "reversal { target_code: 'R-" + person.key + "' note { plain: '" + person.reversal_note +
              "' } }");
    Apply("channel: 'web-shop' source: 'shop' external_id: 'W-" + person.key +
              "' intent: INTENT_FACT",
          "order_observed { order_id: 'O-" + person.key +
              "' unit: 'EUR' snapshot { version: 1 state: ORDER_STATE_PENDING number: 'N-" +
              person.key +
              "' total { unit: 'EUR' decimal: '30' } charge { decimal: '30' } method: "
              "TENDER_METHOD_CARD note { plain: '" +
              person.order_note + "' } } contact { contact { emails { plain: '" + person.email +
              "' } phones { plain: '" + person.phone + "' } name { given { plain: '" +
              person.given + "' } family { plain: '" + person.family + "' } } } } }");
    Apply("channel: 'web-shop' source: 'shop' intent: INTENT_FACT",
          "consent_recorded { email { plain: '" + person.email +
              "' } purpose: 'newsletter' state: CONSENT_STATE_GIVEN }");
  }

  v1::Customer Lookup(const Person& person) {
    v1::LookupCustomersRequest request;
    request.set_merchant("shop-1");
    request.set_phone(person.phone);
    request.set_country("FR");
    v1::LookupCustomersResponse response;
    const absl::Status status =
        Call(customers_.get(), &v1::CustomerService::Stub::LookupCustomers, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(response.customers_size(), 1);
    return response.customers_size() == 1 ? response.customers(0) : v1::Customer();
  }
  int Search(const std::string& words) {
    v1::SearchCustomersRequest request;
    request.set_merchant("shop-1");
    request.set_query(words);
    v1::SearchCustomersResponse response;
    const absl::Status status =
        Call(customers_.get(), &v1::CustomerService::Stub::SearchCustomers, request, &response);
    EXPECT_TRUE(status.ok() || carnetd_->HasEnded()) << status;
    return response.customers_size();
  }
  absl::Status Erase(const std::string& name, const std::string& request_id,
                     v1::EraseCustomerResponse* response) {
    v1::EraseCustomerRequest request;
    request.set_name(name);
    request.set_request_id(request_id);
    return Call(identity_.get(), &v1::IdentityService::Stub::EraseCustomer, request, response);
  }
  // The trial balance comes out even, and every sum is that of its entries.
  void ExpectSoundBooks() {
    v1::VerifyBooksRequest request;
    request.set_parent("merchants/shop-1");
    grpc::ClientContext context;
    SetDeadline(&context);
    const auto stream = ledger_->VerifyBooks(&context, request);
    v1::VerifyBooksResponse response;
    bool summed = false;
    while (stream->Read(&response)) {
      EXPECT_EQ(response.findings_size(), 0) << response.ShortDebugString();
      summed = summed || response.has_summary();
    }
    const grpc::Status status = stream->Finish();
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(summed);
  }

  // What stands in the views for somebody's phone, e-mail and name: whole, and cut to a number.
  std::vector<std::string> TokensOf(const Person& person) const {
    const auto root = vault::LoadRootKey(data_ + "/root.key");
    EXPECT_TRUE(root.ok()) << root.status();
    auto store = vault::OpenEmbeddedKeyStore(data_ + "/keys", *root, /*create=*/false);
    EXPECT_TRUE(store.ok()) << store.status();
    const auto keys = (*store)->FindMerchantKeys("shop-1");
    EXPECT_TRUE(keys.ok() && keys->has_value());
    const vault::Key& index = (*keys)->index;
    const vault::PhoneNormalizer phones;
    vault::Tokens tokens;
    vault::AddPhoneTokens(index, phones.Normalize(person.phone, "FR"), &tokens);
    vault::AddEmailTokens(index, vault::NormalizeEmail(person.email), &tokens);
    vault::AddEmailTokens(index, vault::NormalizeEmail(person.old_email), &tokens);
    vault::AddNameTokens(index, vault::NormalizePersonName("", person.given, person.family, "FR"),
                         &tokens);
    EXPECT_GT(tokens.size(), 8U);
    std::vector<std::string> bytes;
    for (const vault::Token& token : tokens) {
      if (token.kind == v1::IDENTITY_TOKEN_KIND_NAME_INITIAL) continue;  // others' too
      bytes.emplace_back(token.bytes());
      bytes.emplace_back(token.bytes().substr(0, 8));
      bytes.emplace_back(bytes.back().rbegin(), bytes.back().rend());
    }
    return bytes;
  }

  // Where somebody's tokens stand in the files of the views.
  static std::vector<std::string> Standing(const DataSearch& search,
                                           const std::vector<std::string>& tokens) {
    std::vector<std::string> places;
    for (const std::string& token : tokens) {
      for (const std::string& place : search.FindBytes(token, "/views/")) places.push_back(place);
    }
    return places;
  }

  // Waits until the server says that its views' files are rewritten.
  void WaitForScrubbing() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
    while (std::chrono::steady_clock::now() < end) {
      if (carnetd_->HasEnded()) return;  // killed meanwhile
      if (carnetd_->Messages().find("out of the views' files") != std::string::npos) return;
      Search("somebody");
    }
    FAIL() << "the views' files were not rewritten: " << carnetd_->Messages();
  }

  const simulation::ScratchFolder scratch_;
  std::string data_ = scratch_.path() + "/data";
  std::unique_ptr<CarnetdProcess> carnetd_;
  std::unique_ptr<v1::ChangeService::Stub> changes_;
  std::unique_ptr<v1::CustomerService::Stub> customers_;
  std::unique_ptr<v1::IdentityService::Stub> identity_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
};

// Rows as a process of its own folds them from the log, up to a position.
std::string Refold(const std::string& data, const std::string& scratch) {
  return CompareWithRefold(data, scratch, 7, /*all=*/true);
}

TEST_F(ErasureTest, NoFormerValueIsLeftAnywhereAndTheOthersAreAllThere) {
  ASSERT_NO_FATAL_FAILURE(StartAndServe());
  Tell(kLan);
  Tell(kControl);
  const v1::Customer lan = Lookup(kLan);
  const v1::Customer control = Lookup(kControl);
  ASSERT_EQ(lan.records_size(), 2) << lan.ShortDebugString();  // both channels are one customer
  EXPECT_EQ(Search("Wexforthy"), 1);
  ASSERT_NO_FATAL_FAILURE(Stop());
  {
    // The search finds what there is to be found, before.
    const DataSearch before(data_);
    ASSERT_EQ(before.trouble(), "");
    for (const Person* person : {&kLan, &kControl}) {
      for (const std::string& value : person->values())
        EXPECT_THAT(before.Find(value), Not(IsEmpty())) << value;
      const auto tokens = TokensOf(*person);
      EXPECT_GT(Standing(before, tokens).size(), 20U);
    }
  }
  ASSERT_EQ(Refold(data_, scratch_.path()), "");
  std::vector<std::string> positions;
  const std::string before_erasure = Refolded(data_, scratch_.path(), &positions);
  ASSERT_THAT(before_erasure, HasSubstr("position 0 "));

  ASSERT_NO_FATAL_FAILURE(StartAndServe());
  const auto start = std::chrono::steady_clock::now();
  v1::EraseCustomerResponse erased;
  const absl::Status status = Erase(lan.name(), Uuid::Random().ToString(), &erased);
  const std::chrono::duration<double> unreadable = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(status.ok()) << status;
  std::printf("unreadable after %.3f s\n", unreadable.count());
  EXPECT_LT(unreadable.count(), 60);

  EXPECT_TRUE(erased.customer().erased());
  EXPECT_TRUE(erased.customer().display_name().empty());
  ASSERT_EQ(erased.customer().balances_size(), lan.balances_size());
  EXPECT_EQ(erased.customer().balances(0).receivable_minor(), lan.balances(0).receivable_minor());
  EXPECT_EQ(Search("Wexforthy"), 0);
  EXPECT_EQ(Search("Oglethorpe"), 1);
  ExpectSoundBooks();
  ASSERT_NO_FATAL_FAILURE(WaitForScrubbing());
  ASSERT_NO_FATAL_FAILURE(Stop());

  {
    const DataSearch after(data_);
    ASSERT_EQ(after.trouble(), "");
    for (const std::string& value : kLan.values())
      EXPECT_THAT(after.Find(value), IsEmpty()) << value;
    for (const std::string& value : kControl.values())
      EXPECT_THAT(after.Find(value), Not(IsEmpty())) << value;
    // Of tokens, only as bounds of files that are gone, in the list that RocksDB begins anew at
    // each start.
    EXPECT_THAT(Standing(after, TokensOf(kLan)), ::testing::Each(HasSubstr("MANIFEST")));
    EXPECT_GT(Standing(after, TokensOf(kControl)).size(), 8U);
  }
  // The log, without those keys, folds to the very rows that are served; and as far as it went
  // before, to the bytes of before.
  ASSERT_EQ(Refold(data_, scratch_.path()), "");
  EXPECT_EQ(Refolded(data_, scratch_.path(), &positions), before_erasure);

  ASSERT_NO_FATAL_FAILURE(StartAndServe());
  ASSERT_NO_FATAL_FAILURE(Stop());
  const DataSearch restarted(data_);
  EXPECT_THAT(Standing(restarted, TokensOf(kLan)), IsEmpty());
  EXPECT_GT(Standing(restarted, TokensOf(kControl)).size(), 8U);
}

// What was folded before, and what somebody copied aside, has the same boxes and no key.
TEST_F(ErasureTest, OlderGenerationsAndCheckpointsCannotBeReadEither) {
  ASSERT_NO_FATAL_FAILURE(StartAndServe());
  Tell(kLan);
  Tell(kControl);
  const v1::Customer lan = Lookup(kLan);
  ASSERT_NO_FATAL_FAILURE(Stop());
  namespace fs = std::filesystem;
  for (const std::string partition : {"0", "1"}) {
    const fs::path folder = data_ + "/views/" + partition;
    for (const char* copy : {"gen-2", "checkpoint"})
      fs::copy(folder / "gen-1", folder / copy, fs::copy_options::recursive);
    ASSERT_TRUE(projection::MakeServing(data_ + "/views", std::stoi(partition), 2).ok());
  }
  const auto under = [](const std::vector<std::string>& places, const std::string& folder) {
    return std::count_if(places.begin(), places.end(), [&](const std::string& place) {
      return place.find("/" + folder) != std::string::npos;
    });
  };
  {
    const DataSearch before(data_);
    ASSERT_EQ(before.trouble(), "");
    for (const char* folder : {"gen-1", "gen-2", "checkpoint"})
      EXPECT_GT(under(before.Find(kLan.email), folder), 0) << folder;
  }
  ASSERT_NO_FATAL_FAILURE(StartAndServe());
  v1::EraseCustomerResponse erased;
  ASSERT_TRUE(Erase(lan.name(), Uuid::Random().ToString(), &erased).ok());
  ASSERT_NO_FATAL_FAILURE(Stop());
  const DataSearch after(data_);
  ASSERT_EQ(after.trouble(), "");
  for (const std::string& value : kLan.values()) EXPECT_THAT(after.Find(value), IsEmpty()) << value;
  for (const char* folder : {"gen-1", "gen-2", "checkpoint"})
    EXPECT_GT(under(after.Find(kControl.email), folder), 0) << folder;
}

TEST_F(ErasureTest, WhatComesLateStaysNamelessAndWhatComesLaterIsSomebodyNew) {
  ASSERT_NO_FATAL_FAILURE(StartAndServe());
  Tell(kLan);
  const v1::Customer lan = Lookup(kLan);
  v1::EraseCustomerResponse erased;
  ASSERT_TRUE(Erase(lan.name(), Uuid::Random().ToString(), &erased).ok());

  // A till that was offline, and tells whom it saw.
  const v1::Outcome late =
      Publish(Till(kLan) + " occurred_at { seconds: 1700000000 }",
              Sale("S-late", "note { plain: '" + kLan.sale_note +
                                 "' } contact { contact { name { "
                                 "full { plain: 'Quetzalina Wexforthy' } } } }"));
  EXPECT_EQ(late.status(), v1::OUTCOME_STATUS_APPLIED);
  EXPECT_THAT(late.flags(), ElementsAre("CUSTOMER_ERASED"));
  // Somebody at a desk who still has the old card open.
  EXPECT_EQ(Publish("channel: 'back-office' source: 'api' intent: INTENT_REQUEST customer: '" +
                        lan.records(0).name() + "'",
                    "contact_observed { contact { notes { plain: '" + kLan.note + "' } } }")
                .reason(),
            "CUSTOMER_ERASED");
  // The shop meets somebody under that number again.
  const Person anew = kControl;
  Apply(Till(kLan), "contact_observed { contact { name { given { plain: '" + anew.given +
                        "' } } emails { plain: '" + anew.email + "' } } }");
  v1::LookupCustomersRequest by_id;
  by_id.set_merchant("shop-1");
  by_id.mutable_external_id()->set_channel("pos");
  by_id.mutable_external_id()->set_source("till-1");
  by_id.mutable_external_id()->set_id("C-lan");
  v1::LookupCustomersResponse found;
  ASSERT_TRUE(
      Call(customers_.get(), &v1::CustomerService::Stub::LookupCustomers, by_id, &found).ok());
  ASSERT_EQ(found.customers_size(), 1);
  EXPECT_EQ(found.customers(0).display_name(), anew.given);
  EXPECT_NE(found.customers(0).name(), lan.name());
  ASSERT_NO_FATAL_FAILURE(WaitForScrubbing());
  ASSERT_NO_FATAL_FAILURE(Stop());

  const DataSearch after(data_);
  ASSERT_EQ(after.trouble(), "");
  for (const std::string& value : kLan.values()) EXPECT_THAT(after.Find(value), IsEmpty()) << value;
  EXPECT_THAT(after.Find(anew.email), Not(IsEmpty()));
  ASSERT_EQ(Refold(data_, scratch_.path()), "");
}

// kill -9 at counted writes to keys and views from the start of the process that erases, and again
// at the next start: the change in the log is the intent, whoever comes next finishes it.
TEST_F(ErasureTest, SurvivesKillNineAtAnyStep) {
  ASSERT_NO_FATAL_FAILURE(StartAndServe());
  Tell(kLan);
  Tell(kControl);
  const std::string name = Lookup(kLan).name();
  ASSERT_NO_FATAL_FAILURE(Stop());
  const std::string prepared = scratch_.path() + "/prepared";
  std::filesystem::rename(data_, prepared);

  simulation::Random random(simulation::RunSeed());
  const uint64_t points = simulation::FromEnvironment("CARNET_KILL_POINTS", 4);
  uint64_t killed = 0;
  for (uint64_t point = 0; point < points; ++point) {
    const bool keys = point % 2 == 0;
    const uint64_t most = keys ? 60 : 120;
    const uint64_t at = points >= 2 * most ? point / 2 + 1 : 1 + random.Below(most);
    SCOPED_TRACE((keys ? "keys, call " : "views, call ") + std::to_string(at));
    std::filesystem::remove_all(data_);
    std::filesystem::copy(prepared, data_, std::filesystem::copy_options::recursive);
    const std::string request_id = Uuid::Random().ToString();
    v1::EraseCustomerResponse erased;
    Start({{"LD_PRELOAD", KILL_SHIM},
           {"CARNET_KILL_CALLS", "write,sync,rename"},
           {"CARNET_KILL_PATHS", keys ? "/keys/" : "/views/"},
           {"CARNET_KILL_AT", std::to_string(at)}});
    if (carnetd_->WaitUntilServing()) {
      Connect();
      Erase(name, request_id, &erased).IgnoreError();
      // The views' files are rewritten a moment later: it is killed there, or not at all.
      if (!keys) WaitForScrubbing();
    }
    killed += carnetd_->HasEnded() ? 1 : 0;
    if (!carnetd_->HasEnded()) carnetd_->Kill();
    carnetd_->Wait();

    ASSERT_NO_FATAL_FAILURE(StartAndServe());
    // Asking again with the same id does no harm; where nobody heard of the first, it is the first.
    ASSERT_TRUE(Erase(name, request_id, &erased).ok());
    EXPECT_TRUE(erased.customer().erased());
    // Twice stopped and started: what is left to do is done without being asked.
    ASSERT_NO_FATAL_FAILURE(Stop());
    {
      const DataSearch after(data_);
      ASSERT_EQ(after.trouble(), "");
      for (const std::string& value : kLan.values())
        EXPECT_THAT(after.Find(value), IsEmpty()) << value;
      EXPECT_THAT(after.Find(kControl.email), Not(IsEmpty()));
    }
    ASSERT_EQ(Refold(data_, scratch_.path()), "");
  }
  std::printf("%llu of %llu were killed\n", static_cast<unsigned long long>(killed),
              static_cast<unsigned long long>(points));
}

}  // namespace
}  // namespace carnet::acceptance
