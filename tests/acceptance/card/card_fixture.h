// The shipped server, and what a back office does with it, for tests of cards.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "carnet/v1/policy_service.grpc.pb.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {

inline constexpr char kShop[] = "shop-1";

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// What came of importing a file.
struct Imported {
  absl::Status status;
  std::vector<v1::ImportRow> rows;
  int64_t total = 0;

  // "2 CREATED; 3 REFUSED REQUIRED_FIELD phones, …" a line each.
  std::vector<std::string> lines() const;
  int64_t Count(v1::ImportResult result) const;
};

struct ImportOptions {
  std::string merchant = kShop;
  bool preview = false;
  int32_t rows_at_once = 0;  // 0: as the server likes
  // After so many rows the client hangs up without a word; 0: never.
  int64_t hang_up_after = 0;
};

// What the command line did.
struct CliRun {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

class CardTest : public ::testing::Test {
 protected:
  CardTest();

  // (Again, after it was killed.)
  void StartServer(const std::vector<std::pair<std::string, std::string>>& environment = {});

  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub* stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    SetDeadline(&context);
    return runtime::FromGrpcStatus((stub->*method)(&context, request, response));
  }

  // Fields are text of the messages that the calls take.
  absl::Status TryCreate(const std::string& contact, v1::Customer* customer,
                         const std::string& merchant = kShop);
  v1::Customer Create(const std::string& contact, const std::string& merchant = kShop);
  absl::Status Update(const std::string& name, const std::string& rest,
                      v1::UpdateCustomerResponse* response);
  void Policy(const std::string& policy, const std::string& merchant = kShop);
  // Waits for the outcome.
  v1::Outcome Publish(const std::string& change);
  // Display names, in order.
  std::vector<std::string> Search(const std::string& request);
  v1::Customer Get(const std::string& name);
  // All of them, by id.
  std::vector<v1::Customer> List(const std::string& merchant = kShop);

  std::string Export(v1::FileFormat format, const std::string& merchant = kShop);
  Imported Import(const std::string& file, const ImportOptions& options = {});

  // The shipped command line, about this server and kShop.
  CliRun Cli(const std::vector<std::string>& arguments);

  simulation::ScratchFolder scratch_;
  CarnetdProcess carnetd_;
  std::unique_ptr<v1::CustomerService::Stub> customers_;
  std::unique_ptr<v1::PolicyService::Stub> policies_;
  std::unique_ptr<v1::ChangeService::Stub> changes_;
};

// The last part of customers/{id}.
std::string IdOf(const std::string& name);

}  // namespace carnet::acceptance
