// The unary services over a real socket, with real views: positions, errors, and that each method
// is wired to its read.
#include <map>

#include "absl/time/clock.h"
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "projector/test_server.h"
#include "query/names.h"
#include "runtime/grpc_status.h"

namespace carnet::projector_service {
namespace {

using query::FormatCustomerName;
using query::testing::Contact;
using query::testing::Link;
using query::testing::RecordOf;
using query::testing::Sale;

class ReadsTest : public ::testing::Test {
 protected:
  // Calls a method; its error as a status with reason, field and metadata.
  template <typename Stub, typename Request, typename Response>
  static absl::Status Call(
      Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, Response* response, absl::Duration deadline = absl::Seconds(20)) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    return runtime::FromGrpcStatus((stub.*method)(&context, request, response));
  }

  absl::Status GetBalance(const v1::GetBalanceRequest& request, v1::GetBalanceResponse* response,
                          absl::Duration deadline = absl::Seconds(20)) {
    return Call(*ledger_, &v1::LedgerService::Stub::GetBalance, request, response, deadline);
  }
  static v1::GetBalanceRequest BalanceOf(const Uuid& id, const v1::Token& token) {
    v1::GetBalanceRequest request;
    request.set_customer(FormatCustomerName("shop-1", id));
    *request.mutable_min_position() = token;
    return request;
  }

  testing::TestServer server_;
  std::shared_ptr<grpc::Channel> channel_ = server_.Connect();
  std::unique_ptr<v1::CustomerService::Stub> customers_ = v1::CustomerService::NewStub(channel_);
  std::unique_ptr<v1::LedgerService::Stub> ledger_ = v1::LedgerService::NewStub(channel_);
  std::unique_ptr<v1::AdminService::Stub> admin_ = v1::AdminService::NewStub(channel_);
};

TEST_F(ReadsTest, AReadAtATokenSeesWhatWasWritten) {
  for (int i = 1; i <= 200; ++i) {
    const v1::Token token =
        server_.Publish({.body = Sale("S-" + std::to_string(i), 100), .external_id = "c-1"});
    v1::GetBalanceResponse response;
    const absl::Status status = GetBalance(BalanceOf(RecordOf("c-1"), token), &response);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(response.balances(0).receivable_minor(), 100 * i);
    ASSERT_GE(response.position().offset(), token.offset());
    ASSERT_EQ(response.position().log(), token.log());
  }
}

TEST_F(ReadsTest, APositionThatDoesNotComeInTimeIsSaidWithHowFarItIs) {
  v1::Token token = server_.Publish({.body = Sale("S-1", 100), .external_id = "c-1"});
  v1::GetBalanceResponse response;
  ASSERT_TRUE(GetBalance(BalanceOf(RecordOf("c-1"), token), &response).ok());
  const int64_t reached = token.offset();
  token.set_offset(reached + 5);
  const absl::Status status =
      GetBalance(BalanceOf(RecordOf("c-1"), token), &response, absl::Milliseconds(300));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(ReasonOf(status), "BEHIND");
  std::map<std::string, std::string> facts;
  ForEachErrorMetadata(status, [&](std::string_view key, std::string_view value) {
    facts[std::string(key)] = value;
  });
  EXPECT_EQ(facts["position"], std::to_string(reached));
  EXPECT_EQ(facts["wanted"], std::to_string(reached + 5));
}

TEST_F(ReadsTest, ATokenOfAnotherLogFailsAPrecondition) {
  v1::Token token = server_.Publish({.body = Sale("S-1", 100), .external_id = "c-1"});
  token.set_log("99999999-2222-4333-8444-555555555555");
  v1::GetBalanceResponse response;
  const absl::Status status = GetBalance(BalanceOf(RecordOf("c-1"), token), &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "TOKEN_OF_ANOTHER_LOG");
}

TEST_F(ReadsTest, ErrorsCarryReasonAndField) {
  v1::GetCustomerRequest request;
  v1::GetCustomerResponse response;
  request.set_name("merchants/shop-1/customers/anne");
  absl::Status status =
      Call(*customers_, &v1::CustomerService::Stub::GetCustomer, request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "NAME_MALFORMED");
  EXPECT_EQ(FieldOf(status), "name");
  request.set_name(FormatCustomerName("shop-1", RecordOf("nobody")));
  status = Call(*customers_, &v1::CustomerService::Stub::GetCustomer, request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "CUSTOMER_UNKNOWN");
}

TEST_F(ReadsTest, CustomersAndVouchersAreRead) {
  server_.Publish(
      {.body = Contact("name { full { plain: 'Anne' } } emails { plain: 'anne@example.fr' }"),
       .external_id = "c-1"});
  for (int i = 0; i < 3; ++i) {
    server_.Publish({.body = Sale("S-" + std::to_string(i), 100), .external_id = "c-2"});
  }
  const v1::Token end = server_.Publish({.body = Link(RecordOf("c-1"), RecordOf("c-2")),
                                         .channel = "back-office",
                                         .intent = v1::INTENT_REQUEST});
  const std::string name = FormatCustomerName("shop-1", RecordOf("c-1"));

  v1::GetCustomerRequest get;
  v1::GetCustomerResponse got;
  get.set_name(FormatCustomerName("shop-1", RecordOf("c-2")));
  *get.mutable_min_position() = end;
  absl::Status status = Call(*customers_, &v1::CustomerService::Stub::GetCustomer, get, &got);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(got.customer().name(), name);
  EXPECT_EQ(got.customer().display_name(), "Anne");
  EXPECT_EQ(got.customer().balances(0).receivable(), "3.00");
  EXPECT_EQ(got.position().offset(), end.offset());

  v1::LookupCustomersRequest lookup;
  v1::LookupCustomersResponse found;
  lookup.set_merchant("shop-1");
  lookup.set_email("Anne@example.fr");
  status = Call(*customers_, &v1::CustomerService::Stub::LookupCustomers, lookup, &found);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(found.customers_size(), 1);
  EXPECT_EQ(found.customers(0).SerializeAsString(), got.customer().SerializeAsString());

  v1::ListCustomersRequest list;
  v1::ListCustomersResponse listed;
  list.set_merchant("shop-1");
  status = Call(*customers_, &v1::CustomerService::Stub::ListCustomers, list, &listed);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(listed.customers_size(), 1);

  v1::ListVouchersRequest vouchers;
  v1::ListVouchersResponse page;
  vouchers.set_page_size(2);
  std::vector<std::string> codes;
  for (const std::string& parent : {name, std::string("merchants/shop-1")}) {
    vouchers.set_parent(parent);
    vouchers.clear_page_token();
    do {
      status = Call(*ledger_, &v1::LedgerService::Stub::ListVouchers, vouchers, &page);
      ASSERT_TRUE(status.ok()) << status;
      for (const auto& voucher : page.vouchers()) codes.push_back(voucher.code());
      vouchers.set_page_token(page.next_page_token());
    } while (!page.next_page_token().empty());
  }
  EXPECT_EQ(codes, (std::vector<std::string>{"S-2", "S-1", "S-0", "S-2", "S-1", "S-0"}));
}

TEST_F(ReadsTest, StatusAndDeadLetters) {
  server_.Publish({.body = Sale("S-1", 100), .external_id = "c-1"});
  server_.Publish({.body = "posting { kind: VOUCHER_KIND_SALE total { unit: 'EUR' minor: 100 } "
                           "tenders { method: TENDER_METHOD_CASH amount { minor: 1 } } }"});
  const v1::Token end = server_.Append("shop-1", "\xff\xff no record");

  v1::ListDeadLettersRequest request;
  v1::ListDeadLettersResponse response;
  *request.mutable_min_position() = end;
  request.set_merchant("shop-1");
  absl::Status status = Call(*admin_, &v1::AdminService::Stub::ListDeadLetters, request, &response);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(response.dead_letters_size(), 1);
  EXPECT_EQ(response.dead_letters(0).reason(), "UNBALANCED");

  request.clear_merchant();
  status = Call(*admin_, &v1::AdminService::Stub::ListDeadLetters, request, &response);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(response.dead_letters_size(), 1);
  EXPECT_EQ(response.dead_letters(0).reason(), "UNPARSABLE");
  EXPECT_EQ(response.dead_letters(0).position().offset(), end.offset() - 1);

  v1::GetStatusResponse facts;
  status = Call(*admin_, &v1::AdminService::Stub::GetStatus, v1::GetStatusRequest(), &facts);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(facts.version(), "1.2.3");
  EXPECT_EQ(facts.log(), end.log());
  EXPECT_EQ(facts.log_kind(), "simulated");
  EXPECT_EQ(facts.rules_version(), 1u);
  ASSERT_EQ(facts.partitions_size(), 1);
  EXPECT_EQ(facts.partitions(0).position(), end.offset());
  EXPECT_EQ(facts.partitions(0).lag(), 0);
  EXPECT_EQ(facts.partitions(0).state(), v1::PARTITION_STATE_FOLDING);
}

TEST_F(ReadsTest, WhoWaitsForAPositionHearsOfTheShutdown) {
  v1::Token token = server_.Publish({.body = Sale("S-1", 100), .external_id = "c-1"});
  token.set_offset(token.offset() + 1000);
  std::thread waiting([&] {
    v1::GetBalanceResponse response;
    const absl::Status status = GetBalance(BalanceOf(RecordOf("c-1"), token), &response);
    // The server gives calls under way a second, then cancels them.
    EXPECT_TRUE(status.code() == absl::StatusCode::kUnavailable ||
                status.code() == absl::StatusCode::kCancelled)
        << status;
  });
  server_.Shutdown();
  waiting.join();
}

}  // namespace
}  // namespace carnet::projector_service
