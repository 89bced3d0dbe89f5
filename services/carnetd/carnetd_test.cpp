// The binary itself: what it says when it can't start, that it serves, and that it ends in time.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/subscription_service.grpc.pb.h"
#include "runtime/grpc_status.h"

extern char** environ;

namespace carnet {
namespace {

using testing::HasSubstr;

std::string ReadFile(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class CarnetdTest : public testing::Test {
 protected:
  CarnetdTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~CarnetdTest() override {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }

  // Starts the binary with output and errors in files.
  void Spawn(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {CARNETD_BINARY};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, Path("out").c_str(), O_CREAT | O_TRUNC | O_WRONLY,
                                     0600);
    posix_spawn_file_actions_addopen(&actions, 2, Path("err").c_str(), O_CREAT | O_TRUNC | O_WRONLY,
                                     0600);
    ASSERT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
  }

  // The exit status; -1 where a signal ended it.
  int Wait() {
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  int RunToEnd(const std::vector<std::string>& arguments) {
    Spawn(arguments);
    return Wait();
  }

  std::vector<std::string> Usual() const {
    return {"--data",
            Path("data"),
            "--listen-addresses",
            "127.0.0.1:0",
            "--listen-metrics",
            "127.0.0.1:0",
            "--listen-port-file",
            Path("port"),
            "--log-partitions",
            "2"};
  }

  // Starts and waits until it serves.
  void Serve() {
    std::filesystem::remove(Path("port"));
    const int watch = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(watch, folder_.c_str(), IN_MOVED_TO);
    Spawn(Usual());
    // Wakes when a file is moved into the folder, or after a while to see whether the process still
    // lives.
    const absl::Time give_up = absl::Now() + absl::Seconds(60);
    while (!std::filesystem::exists(Path("port"))) {
      int status = 0;
      ASSERT_EQ(waitpid(pid_, &status, WNOHANG), 0) << Errors();
      ASSERT_LT(absl::Now(), give_up) << Errors();
      pollfd moved{.fd = watch, .events = POLLIN};
      poll(&moved, 1, /*milliseconds=*/100);
    }
    close(watch);
    std::string address = ReadFile(Path("port"));
    ASSERT_EQ(address.back(), '\n');
    address.pop_back();
    channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                         grpc::ChannelArguments());
    ASSERT_TRUE(channel_->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(20))));
  }

  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Errors() const { return ReadFile(Path("err")); }
  std::string Output() const { return ReadFile(Path("out")); }

  static v1::Change Sale() {
    v1::Change change;
    change.set_id(Uuid::Random().ToString());
    change.set_merchant("shop");
    change.set_channel("pos");
    change.set_source("till-1");
    change.set_external_id("c-1");
    change.set_intent(v1::INTENT_FACT);
    auto* posting = change.mutable_body()->mutable_posting();
    posting->set_kind(v1::VOUCHER_KIND_SALE);
    posting->mutable_total()->set_unit("EUR");
    posting->mutable_total()->set_minor(500);
    auto* tender = posting->add_tenders();
    tender->set_method(v1::TENDER_METHOD_ON_ACCOUNT);
    tender->mutable_amount()->set_minor(500);
    return change;
  }

  v1::PublishResponse Publish(const v1::Change& change) {
    v1::PublishRequest request;
    *request.mutable_change() = change;
    request.set_wait(true);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    v1::PublishResponse response;
    const grpc::Status status =
        v1::ChangeService::NewStub(channel_)->Publish(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / absl::StrCat("carnetd_test.", getpid());
  pid_t pid_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(CarnetdTest, BadConfigurationIsOneLineAndStatusTwo) {
  EXPECT_EQ(RunToEnd({"--listen-addresses", "0.0.0.0:7411", "--data", Path("data")}), 2);
  EXPECT_EQ(Errors(),
            "carnetd: listen.addresses: '0.0.0.0:7411' can be reached from elsewhere: set "
            "access.file, tls.certificate_file and tls.key_file, or bind to 127.0.0.1 or ::1\n");
  EXPECT_EQ(RunToEnd({"--roles", "relay"}), 2);
  EXPECT_EQ(Errors(), "carnetd: roles: relay is not in this version\n");
  EXPECT_FALSE(std::filesystem::exists(Path("data")));
}

TEST_F(CarnetdTest, PrintsTheConfigurationInForce) {
  EXPECT_EQ(RunToEnd({"--print-config", "--log-partitions", "7"}), 0);
  EXPECT_THAT(Output(), HasSubstr("partitions = 7\n"));
}

TEST_F(CarnetdTest, WhatWasPublishedIsThereAfterARestart) {
  Serve();
  const v1::Change sale = Sale();
  const v1::PublishResponse first = Publish(sale);
  EXPECT_EQ(first.outcome().status(), v1::OUTCOME_STATUS_APPLIED);
  EXPECT_THAT(Errors(), HasSubstr("serving addresses=127.0.0.1:"));
  EXPECT_THAT(Errors(), HasSubstr("no credentials are asked for: whoever reaches a port here"));
  kill(pid_, SIGKILL);
  EXPECT_EQ(Wait(), -1);
  Serve();
  const v1::PublishResponse again = Publish(sale);
  EXPECT_EQ(again.token().log(), first.token().log());
  EXPECT_EQ(again.outcome().status(), v1::OUTCOME_STATUS_DUPLICATE);
  EXPECT_EQ(again.outcome().change_number(), first.outcome().change_number());
}

TEST_F(CarnetdTest, TermDrainsInTimeWithStreamsOpen) {
  Serve();
  Publish(Sale());
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.set_merchant("shop");
  auto events = v1::SubscriptionService::NewStub(channel_)->Subscribe(&context, request);
  v1::SubscribeResponse event;
  ASSERT_TRUE(events->Read(&event));
  grpc::ClientContext batch_context;
  auto batch = v1::ChangeService::NewStub(channel_)->PublishBatch(&batch_context);
  v1::PublishBatchRequest changes;
  *changes.add_changes() = Sale();
  ASSERT_TRUE(batch->Write(changes));
  v1::PublishBatchResponse answer;
  ASSERT_TRUE(batch->Read(&answer));

  const absl::Time start = absl::Now();
  kill(pid_, SIGTERM);
  while (events->Read(&event)) {
  }
  EXPECT_EQ(ReasonOf(runtime::FromGrpcStatus(events->Finish())), "SHUTTING_DOWN");
  EXPECT_FALSE(batch->Read(&answer));
  EXPECT_EQ(ReasonOf(runtime::FromGrpcStatus(batch->Finish())), "SHUTTING_DOWN");
  EXPECT_EQ(Wait(), 0) << Errors();
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  EXPECT_THAT(Errors(), HasSubstr("ended"));
}

TEST_F(CarnetdTest, ALogWithoutItsKeysIsRefused) {
  Serve();
  kill(pid_, SIGTERM);
  ASSERT_EQ(Wait(), 0);
  std::filesystem::rename(Path("data/keys"), Path("keys"));
  EXPECT_EQ(RunToEnd(Usual()), 1);
  EXPECT_THAT(Errors(), HasSubstr("carnetd: there is no key store"));
  std::filesystem::remove_all(Path("data/keys"));
  std::filesystem::rename(Path("keys"), Path("data/keys"));
  std::filesystem::rename(Path("data/root.key"), Path("root.key"));
  EXPECT_EQ(RunToEnd(Usual()), 1);
  EXPECT_THAT(Errors(), HasSubstr("root.key"));
  EXPECT_FALSE(std::filesystem::exists(Path("data/root.key")));
}

TEST_F(CarnetdTest, OneProcessADataFolder) {
  Serve();
  const pid_t first = pid_;
  std::vector<std::string> second = Usual();
  second[7] = Path("other-port");
  EXPECT_EQ(RunToEnd(second), 1);
  EXPECT_THAT(Errors(), HasSubstr("only one process"));
  pid_ = first;
}

TEST_F(CarnetdTest, MetricsAreCleanAndStatusTells) {
  Serve();
  Publish(Sale());
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  ASSERT_TRUE(v1::AdminService::NewStub(channel_)->GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.log_kind(), "embedded");
  EXPECT_EQ(status.partitions_size(), 2);
  const std::string errors = Errors();
  const size_t at = errors.find("metrics=") + 8;
  const std::string address = errors.substr(at, errors.find(' ', at) - at);
  if (std::system("command -v promtool > /dev/null && command -v curl > /dev/null") != 0) {
    GTEST_SKIP() << "no promtool or no curl here";
  }
  const std::string get = "curl -s http://" + address + "/metrics";
  EXPECT_EQ(std::system((get + " | promtool check metrics").c_str()), 0);
  EXPECT_EQ(std::system(
                (get + " | grep -q 'carnet_gateway_changes_total{result=\"appended\"} 1'").c_str()),
            0);
  EXPECT_EQ(
      std::system((get + " | grep -q 'carnet_projector_lag_records{partition=\"0\"} 0'").c_str()),
      0);
}

}  // namespace
}  // namespace carnet
