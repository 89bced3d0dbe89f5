// `carnet log copy`, as an operator uses it: a log of one machine goes to Kafka, into another
// number of partitions, and back to another machine. What that serves, and every row below it, is
// what the first log says.

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnet/v1/admin_service.grpc.pb.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/acceptance/kill/checks.h"
#include "tests/acceptance/kill/publisher.h"
#include "tests/kafka/cluster.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

class LogCopyTest : public testing::Test {
 protected:
  // What the command prints; "refused: …" if it fails.
  std::string Copy(const std::string& from, const std::string& to,
                   const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {CARNET_BINARY, "log", "copy", from, to, "--output=json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    simulation::Process process(
        {.arguments = arguments, .environment = {}, .error_file = folder_.path() + "/copy.stderr"});
    std::string output = process.ReadOutput();
    return process.Wait() == 0 ? output : "refused: " + process.StandardError();
  }

  // Rows of all families, by partition: of the views as they are, or of the log folded anew.
  std::string Rows(const std::string& what, const std::string& data) {
    std::vector<std::string> arguments = {REFOLD_BINARY, what, data};
    if (what == "fresh") {
      std::istringstream lines(OutputOf({REFOLD_BINARY, "live", data}, folder_.path()));
      arguments.push_back("100");
      for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("position")) continue;
        std::istringstream words(line);
        std::string word, partition, position;
        words >> word >> partition >> position;
        arguments.push_back(position);
      }
    }
    std::istringstream lines(OutputOf(arguments, folder_.path()));
    std::string rows;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("position")) rows += line + "\n";
    }
    return rows;
  }

  // Until the views are as far as the log.
  static std::string WaitUntilFolded(const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = carnet::v1::AdminService::NewStub(channel);
    const absl::Time give_up = absl::Now() + absl::Seconds(kPatienceSeconds);
    carnet::v1::GetStatusResponse status;
    while (absl::Now() < give_up) {
      grpc::ClientContext context;
      SetDeadline(&context);
      const grpc::Status asked = stub->GetStatus(&context, {}, &status);
      if (!asked.ok()) return asked.error_message();
      bool folded = status.partitions_size() > 0;
      for (const auto& one : status.partitions()) folded &= one.end() > 0 && one.lag() == 0;
      if (folded) return {};
    }
    return status.ShortDebugString();
  }

  const simulation::ScratchFolder folder_;
  const std::string old_ = folder_.path() + "/old";
  const std::string new_ = folder_.path() + "/new";
};

TEST_F(LogCopyTest, RoundTripThroughKafkaKeepsEveryRow) {
  CarnetdProcess server(old_, folder_.path());
  server.Start();
  ASSERT_TRUE(server.WaitUntilServing()) << server.Messages();
  std::vector<Publisher> shops;
  for (const char* name : {"shop-a", "shop-b", "shop-c", "shop-d"}) {
    shops.emplace_back(ShopStory(name), Publisher::Way::kBatch);
    ASSERT_EQ(shops.back().Publish(server.channel(), 200, [] {}), "");
    ASSERT_EQ(CheckServed(server.channel(), shops.back().story(), 200, shops.back().token()), "");
  }
  const std::string kafka =
      "kafka://" + kafka_cluster::Cluster::Single().bootstrap() + "/copied/copied-keys";
  const std::vector<std::string> one_broker = {"--replicas=1", "--development", "--partitions=3"};
  EXPECT_THAT(Copy(old_, kafka, one_broker), HasSubstr("LOG_LOCKED")) << "carnetd is at work";
  ASSERT_EQ(server.Terminate(), 0) << server.Messages();
  const std::string rows = Rows("fresh", old_);
  ASSERT_EQ(Rows("live", old_), rows);

  EXPECT_THAT(Copy(old_, kafka, one_broker),
              testing::AllOf(HasSubstr("\"partitions\":3,\"records\":800,\"resumed\":0,"),
                             HasSubstr("\"merchants\":4,")));
  EXPECT_THAT(Copy(old_, kafka, one_broker), HasSubstr("\"records\":800,\"resumed\":800,"));
  EXPECT_THAT(Copy(kafka, new_, {"--development", "--partitions=2"}),
              HasSubstr("ROOT_KEY_MISSING"));
  EXPECT_THAT(
      Copy(kafka, new_, {"--development", "--partitions=2", "--root-key-file", old_ + "/root.key"}),
      HasSubstr("\"partitions\":2,\"records\":800,"));
  EXPECT_FALSE(fs::exists(new_ + "/log.copy"));
  // The old log is over: nothing can be written that the new one would not know of.
  server.Start();
  ASSERT_TRUE(server.WaitUntilServing()) << server.Messages();
  EXPECT_THAT(shops.front().Publish(server.channel(), 201, [] {}), HasSubstr("LOG_SEALED"));
  ASSERT_EQ(server.Terminate(), 0) << server.Messages();

  fs::copy_file(old_ + "/root.key", new_ + "/root.key");
  CarnetdProcess copy(new_, folder_.path());
  copy.Start();
  ASSERT_TRUE(copy.WaitUntilServing()) << copy.Messages();
  ASSERT_EQ(WaitUntilFolded(copy.channel()), "");
  for (const Publisher& shop : shops) {
    // Names are shown: their keys came along. The old token is of another log.
    EXPECT_EQ(CheckServed(copy.channel(), shop.story(), 200, {}), "");
  }
  ASSERT_EQ(copy.Terminate(), 0) << copy.Messages();
  EXPECT_EQ(Rows("live", new_), rows);
}

}  // namespace
}  // namespace carnet::acceptance
