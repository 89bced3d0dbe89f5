#include "tests/acceptance/card/card_fixture.h"

#include <sys/wait.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"

#include "base/uuid.h"
#include "tests/simulation/process.h"

namespace carnet::acceptance {
namespace {

constexpr size_t kPiece = size_t{512} << 10;

std::string ResultWord(v1::ImportResult result) {
  return v1::ImportResult_Name(result).substr(std::string("IMPORT_RESULT_").size());
}

}  // namespace

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::vector<std::string> Imported::lines() const {
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string& line = lines.emplace_back(absl::StrCat(row.row(), " ", ResultWord(row.result())));
    for (const std::string& field : row.fields()) absl::StrAppend(&line, " ", field);
    for (const auto& violation : row.violations())
      absl::StrAppend(&line, " ", violation.reason(), " ", violation.field());
    for (const auto& warning : row.warnings()) absl::StrAppend(&line, " (", warning.reason(), ")");
  }
  return lines;
}

int64_t Imported::Count(v1::ImportResult result) const {
  return std::count_if(rows.begin(), rows.end(),
                       [&](const auto& row) { return row.result() == result; });
}

CardTest::CardTest() : carnetd_(scratch_.path() + "/data", scratch_.path() + "/scratch") {
  std::filesystem::create_directories(scratch_.path() + "/scratch");
  StartServer();
}

void CardTest::StartServer(const std::vector<std::pair<std::string, std::string>>& environment) {
  carnetd_.Start(environment);
  EXPECT_TRUE(carnetd_.WaitUntilServing()) << carnetd_.Messages();
  customers_ = v1::CustomerService::NewStub(carnetd_.channel());
  policies_ = v1::PolicyService::NewStub(carnetd_.channel());
  changes_ = v1::ChangeService::NewStub(carnetd_.channel());
}

absl::Status CardTest::TryCreate(const std::string& contact, v1::Customer* customer,
                                 const std::string& merchant) {
  v1::CreateCustomerResponse response;
  const auto request = Parse<v1::CreateCustomerRequest>("merchant: '" + merchant + "' contact { " +
                                                        contact + " } writer { actor: 'user-7' }");
  const absl::Status status =
      Call(customers_.get(), &v1::CustomerService::Stub::CreateCustomer, request, &response);
  *customer = response.customer();
  return status;
}

v1::Customer CardTest::Create(const std::string& contact, const std::string& merchant) {
  v1::Customer customer;
  const absl::Status status = TryCreate(contact, &customer, merchant);
  EXPECT_TRUE(status.ok()) << status;
  return customer;
}

absl::Status CardTest::Update(const std::string& name, const std::string& rest,
                              v1::UpdateCustomerResponse* response) {
  auto request = Parse<v1::UpdateCustomerRequest>(rest);
  request.set_name(name);
  return Call(customers_.get(), &v1::CustomerService::Stub::UpdateCustomer, request, response);
}

void CardTest::Policy(const std::string& policy, const std::string& merchant) {
  v1::UpdatePolicyResponse response;
  const absl::Status status =
      Call(policies_.get(), &v1::PolicyService::Stub::UpdatePolicy,
           Parse<v1::UpdatePolicyRequest>("merchant: '" + merchant + "' policy { " + policy + " }"),
           &response);
  ASSERT_TRUE(status.ok()) << status;
}

v1::Outcome CardTest::Publish(const std::string& change) {
  auto request =
      Parse<v1::PublishRequest>("wait: true change { merchant: 'shop-1' " + change + " }");
  request.mutable_change()->set_id(Uuid::Random().ToString());
  v1::PublishResponse response;
  const absl::Status status =
      Call(changes_.get(), &v1::ChangeService::Stub::Publish, request, &response);
  EXPECT_TRUE(status.ok()) << status;
  return response.outcome();
}

std::vector<std::string> CardTest::Search(const std::string& request) {
  v1::SearchCustomersResponse response;
  const absl::Status status =
      Call(customers_.get(), &v1::CustomerService::Stub::SearchCustomers,
           Parse<v1::SearchCustomersRequest>("merchant: 'shop-1' " + request), &response);
  EXPECT_TRUE(status.ok()) << status;
  std::vector<std::string> names;
  for (const auto& customer : response.customers()) names.push_back(customer.display_name());
  return names;
}

v1::Customer CardTest::Get(const std::string& name) {
  v1::GetCustomerRequest request;
  request.set_name(name);
  request.set_view(v1::CUSTOMER_VIEW_FULL);
  v1::GetCustomerResponse response;
  const absl::Status status =
      Call(customers_.get(), &v1::CustomerService::Stub::GetCustomer, request, &response);
  EXPECT_TRUE(status.ok()) << status;
  return response.customer();
}

std::vector<v1::Customer> CardTest::List(const std::string& merchant) {
  std::vector<v1::Customer> customers;
  v1::ListCustomersRequest request;
  request.set_merchant(merchant);
  request.set_page_size(1000);
  for (;;) {
    v1::ListCustomersResponse response;
    const absl::Status status =
        Call(customers_.get(), &v1::CustomerService::Stub::ListCustomers, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    customers.insert(customers.end(), response.customers().begin(), response.customers().end());
    if (response.next_page_token().empty()) return customers;
    request.set_page_token(response.next_page_token());
  }
}

std::string CardTest::Export(v1::FileFormat format, const std::string& merchant) {
  v1::ExportCustomersRequest request;
  request.set_merchant(merchant);
  request.set_format(format);
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto stream = customers_->ExportCustomers(&context, request);
  std::string file;
  v1::ExportCustomersResponse response;
  while (stream->Read(&response)) file += response.data();
  const absl::Status status = runtime::FromGrpcStatus(stream->Finish());
  EXPECT_TRUE(status.ok()) << status;
  return file;
}

Imported CardTest::Import(const std::string& file, const ImportOptions& options) {
  Imported imported;
  grpc::ClientContext context;
  SetDeadline(&context, 10 * kPatienceSeconds);
  const auto stream = customers_->ImportCustomers(&context);
  v1::ImportCustomersRequest request;
  v1::ImportCustomersResponse response;
  request.mutable_header()->set_merchant(options.merchant);
  request.mutable_header()->set_preview(options.preview);
  bool going = stream->Write(request) && stream->Read(&response);
  for (size_t at = 0; going && at < file.size(); at += kPiece) {
    request.set_data(file.substr(at, kPiece));
    going = stream->Write(request) && stream->Read(&response);
  }
  request.mutable_next()->set_rows(options.rows_at_once);
  while (going && !response.done()) {
    going = stream->Write(request) && stream->Read(&response);
    if (!going) break;
    imported.rows.insert(imported.rows.end(), response.rows().begin(), response.rows().end());
    imported.total = response.total_rows();
    EXPECT_EQ(response.done_rows(), static_cast<int64_t>(imported.rows.size()));
    if (options.hang_up_after > 0 && response.done_rows() >= options.hang_up_after) {
      stream->Write(request);
      context.TryCancel();
    }
  }
  stream->WritesDone();
  imported.status = runtime::FromGrpcStatus(stream->Finish());
  return imported;
}

CliRun CardTest::Cli(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {CARNET_BINARY,
                                  "--address",
                                  carnetd_.address(),
                                  "--merchant",
                                  kShop,
                                  "--timeout",
                                  absl::StrCat(kPatienceSeconds)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  simulation::Process process({.arguments = all,
                               .environment = {{"TZ", "UTC"}},
                               .error_file = scratch_.path() + "/scratch/cli.stderr"});
  CliRun run;
  run.output = process.ReadOutput();
  const int status = process.Wait();
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  run.errors = process.StandardError();
  return run;
}

}  // namespace carnet::acceptance
