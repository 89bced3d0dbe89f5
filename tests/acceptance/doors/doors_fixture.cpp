#include "tests/acceptance/doors/doors_fixture.h"

#include <sys/wait.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include <google/protobuf/util/json_util.h>

#include "access/access_file.h"
#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/customer_service.pb.h"
#include "carnet/v1/ledger_service.pb.h"
#include "runtime/grpc_status.h"
#include "runtime/test_http.h"
#include "tests/simulation/process.h"

namespace carnet::acceptance {
namespace {

template <typename Message>
Message FromJson(const std::string& line) {
  Message message;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &message).ok()) << line;
  return message;
}

std::string Verdict(const v1::PublishResult& result) {
  if (result.has_error())
    return absl::StrCat("refused ", ReasonOf(runtime::FromRpcStatus(result.error())));
  if (!result.has_outcome()) return "durable";
  const std::string status = v1::OutcomeStatus_Name(result.outcome().status());
  std::string text = status.substr(std::string("OUTCOME_STATUS_").size());
  if (!result.outcome().reason().empty()) absl::StrAppend(&text, " ", result.outcome().reason());
  return text;
}

std::vector<std::string> NotEmptyLines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

}  // namespace

std::vector<std::string> HttpAnswer::lines() const { return NotEmptyLines(body); }

std::vector<std::string> HttpAnswer::verdicts() const {
  std::vector<std::string> all;
  for (const std::string& line : lines()) all.push_back(Verdict(FromJson<v1::PublishResult>(line)));
  return all;
}

std::vector<std::string> CliRun::lines() const { return NotEmptyLines(output); }

DoorsTest::DoorsTest()
    : carnetd_(scratch_.path() + "/data", scratch_.path(), {"--http-addresses", "127.0.0.1:0"}) {
  secrets_ = {access::Secret::Random()};
  EXPECT_TRUE(access::SaveSecrets(scratch_.path() + "/access.key", secrets_).ok());
  till_key_ = AddKey(v1::ROLE_TILL);
}

std::string DoorsTest::AddKey(v1::Role role, const std::string& merchant,
                              const std::function<void(v1::AccessKey*)>& change) {
  v1::AccessKey* key = file_.add_keys();
  key->set_role(role);
  key->add_merchants(merchant);
  if (change) change(key);
  return access::MakeKey(secrets_.front(), absl::Now(), key);
}

void DoorsTest::Start(bool with_keys) {
  ASSERT_TRUE(access::SaveAccessFile(scratch_.path() + "/access.json", file_).ok());
  std::vector<std::pair<std::string, std::string>> environment;
  if (with_keys) environment.emplace_back("CARNET_ACCESS_FILE", scratch_.path() + "/access.json");
  carnetd_.Start(environment);
  ASSERT_TRUE(carnetd_.WaitUntilServing()) << carnetd_.Messages();
}

HttpAnswer DoorsTest::Post(const std::string& path, const std::string& body,
                           const std::string& key) const {
  runtime::TestConnection connection(carnetd_.http_address());
  const std::string headers = key.empty() ? "" : "Authorization: Bearer " + key + "\r\n";
  const std::string answer = connection.Call(runtime::PostText(path, body, headers));
  const size_t end = answer.find("\r\n\r\n");
  return {.status = runtime::StatusOf(answer),
          .body = end == std::string::npos ? "" : answer.substr(end + 4)};
}

std::vector<std::string> DoorsTest::CliWords(const std::vector<std::string>& words) const {
  std::vector<std::string> all = {CARNET_BINARY, "--address",
                                  carnetd_.address().empty() ? "127.0.0.1:1" : carnetd_.address(),
                                  "--timeout", absl::StrCat(kPatienceSeconds)};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

std::vector<std::pair<std::string, std::string>> DoorsTest::CliEnvironment(
    const std::string& merchant) const {
  return {{"TZ", "UTC"}, {"CARNET_API_KEY", till_key_}, {"CARNET_MERCHANT", merchant}};
}

CliRun DoorsTest::Cli(const std::vector<std::string>& words, const std::string& merchant) const {
  simulation::Process process({.arguments = CliWords(words),
                               .environment = CliEnvironment(merchant),
                               .error_file = scratch_.path() + "/cli.stderr"});
  CliRun run;
  run.output = process.ReadOutput();
  const int status = process.Wait();
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  run.errors = process.StandardError();
  return run;
}

std::vector<std::string> DoorsTest::Vouchers(const std::string& merchant) const {
  const CliRun run = Cli({"--output", "json", "vouchers", "--limit", "0"}, merchant);
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  std::vector<std::string> found;
  for (const std::string& line : run.lines()) {
    const auto voucher = FromJson<v1::Voucher>(line);
    found.push_back(absl::StrCat(voucher.code(), " ", voucher.total().decimal()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> DoorsTest::Debts(const std::string& merchant) const {
  const CliRun run = Cli({"--output", "json", "customer", "list"}, merchant);
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  std::vector<std::string> found;
  for (const std::string& line : run.lines()) {
    const auto customer = FromJson<v1::Customer>(line);
    std::string& text = found.emplace_back(customer.display_name());
    for (const auto& balance : customer.balances())
      absl::StrAppend(&text, " ", balance.receivable(), " ", balance.unit());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string SaleLine(const std::string& code, const std::string& customer,
                     const std::string& amount, const std::string& more) {
  return absl::StrCat(R"({"id":")", Uuid::FromFields({"sale", code, customer}).ToString(),
                      R"(","channel":"pos","source":"till-1","external_id":")", customer,
                      R"(","intent":"INTENT_FACT",)", more,
                      R"("body":{"posting":{"kind":"VOUCHER_KIND_SALE","code":")", code,
                      R"(","total":{"unit":"EUR","decimal":")", amount,
                      R"("},"tenders":[{"method":"TENDER_METHOD_ON_ACCOUNT","amount":{"decimal":")",
                      amount, R"("}}]}}})");
}

std::string ContactLine(const std::string& customer, const std::string& name) {
  return absl::StrCat(R"({"id":")", Uuid::FromFields({"contact", customer, name}).ToString(),
                      R"(","channel":"pos","source":"till-1","external_id":")", customer,
                      R"(","intent":"INTENT_FACT","body":{"contact_observed":{"contact":)",
                      R"({"name":{"full":{"plain":")", name, R"("}}}}}})");
}

}  // namespace carnet::acceptance
