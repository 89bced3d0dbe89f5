#include "tests/acceptance/kafka/shop.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_join.h"

#include "base/fatal.h"
#include "base/partition.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "event_log/kafka/admin.h"
#include "event_log/kafka/kafka_log.h"
#include "tests/acceptance/kill/checks.h"
#include "vault/kafka_key_store.h"

namespace carnet::acceptance {
namespace {

using std::chrono::steady_clock;

constexpr int32_t kPartitions = 2;
constexpr std::chrono::milliseconds kLookEvery(20);

std::string MerchantOf(int32_t partition, const std::string& name) {
  std::string merchant = "shop-" + name;
  while (PartitionOf(merchant, kPartitions) != partition) merchant += name;
  return merchant;
}

}  // namespace

KafkaShop::KafkaShop(int brokers, const std::map<std::string, std::string>& keys_settings)
    : kafka_(brokers) {
  const event_log::KafkaConnection connection{.brokers = kafka_.bootstrap(), .properties = {}};
  const bool development = brokers == 1;
  if (!keys_settings.empty()) {
    const auto admin = event_log::Admin::Make(connection);
    const absl::Status made = admin.ok() ? (*admin)->Create(vault::KafkaKeyStoreOptions().topic, 1,
                                                            brokers, keys_settings)
                                         : admin.status();
    if (!made.ok()) Fatal(made.ToString());
  }
  const absl::Status keys =
      vault::InitKafkaKeyTopic({.connection = connection, .development = development}, brokers);
  if (!keys.ok()) Fatal(keys.ToString());
  const auto log = event_log::InitKafkaLog({.connection = connection, .development = development},
                                           kPartitions, brokers);
  if (!log.ok()) Fatal(log.status().ToString());
  // As an operator would share it.
  std::ofstream(scratch() + "/root.key") << std::string(32, 'k');
  std::filesystem::permissions(scratch() + "/root.key", std::filesystem::perms(0600));

  for (int replica = 0; replica < kReplicas; ++replica) {
    const std::string name = scratch() + "/projector-" + std::to_string(replica);
    std::filesystem::create_directories(name + "-scratch");
    projectors_.push_back(
        std::make_unique<CarnetdProcess>(name, name + "-scratch", Arguments("projector")));
  }
  // Two of one partition, one of the other.
  shops_.push_back(std::make_unique<Shop>(MerchantOf(0, "a"), Publisher::Way::kUnary));
  shops_.push_back(std::make_unique<Shop>(MerchantOf(1, "b"), Publisher::Way::kBatch));
  shops_.push_back(std::make_unique<Shop>(MerchantOf(0, "c"), Publisher::Way::kUnaryAndWait));
}

KafkaShop::~KafkaShop() {
  StopLoad();
  for (const auto& shop : shops_) shop->follower.Stop();
}

std::vector<std::string> KafkaShop::Arguments(const std::string& roles) const {
  return {"--roles",
          roles,
          "--log-kind",
          "kafka",
          "--log-kafka-brokers",
          kafka_.bootstrap(),
          "--log-kafka-development",
          kafka_.brokers() == 1 ? "true" : "false",
          "--vault-root-key-file",
          scratch() + "/root.key"};
}

std::string KafkaShop::StartProjector(int replica) {
  projector(replica).Start();
  return projector(replica).WaitUntilServing() ? "" : projector(replica).Messages();
}

std::string KafkaShop::StartGateway() {
  if (gateway_ == nullptr) {
    std::vector<std::string> addresses;
    for (const auto& one : projectors_) addresses.push_back(one->address());
    std::vector<std::string> arguments = Arguments("gateway");
    arguments.push_back("--gateway-projectors");
    arguments.push_back(absl::StrJoin(addresses, ","));
    std::filesystem::create_directories(scratch() + "/gateway-scratch");
    gateway_ = std::make_unique<CarnetdProcess>(scratch() + "/gateway",
                                                scratch() + "/gateway-scratch", arguments);
  }
  gateway_->Start();
  if (!gateway_->WaitUntilServing()) return gateway_->Messages();
  std::string wrong = WaitUntilServed();
  FollowAgain();
  return wrong;
}

void KafkaShop::FollowAgain() {
  for (const auto& shop : shops_) {
    shop->follower.Stop();
    shop->follower.Start(gateway_->channel());
  }
}

std::string KafkaShop::WaitUntilServed() {
  const auto stub = carnet::v1::AdminService::NewStub(gateway_->channel());
  const auto give_up = steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
  std::string seen;
  std::unique_lock lock(mutex_);
  while (steady_clock::now() < give_up) {
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::GetStatusResponse status;
    const grpc::Status asked = stub->GetStatus(&context, {}, &status);
    if (!asked.ok()) return "GetStatus: " + asked.error_message();
    std::set<int32_t> served;
    for (const auto& partition : status.partitions()) served.insert(partition.partition());
    if (served.size() == kPartitions) return {};
    seen = status.ShortDebugString();
    more_.wait_for(lock, kLookEvery);
  }
  return "not all partitions are served: " + seen;
}

void KafkaShop::StartLoad() {
  stop_load_ = false;
  for (const auto& shop : shops_) {
    shop->load = std::thread([this, one = shop.get()] {
      while (!stop_load_ && one->wrong.empty()) {
        // In small bites, so that it can be stopped.
        one->wrong =
            one->publisher.Publish(gateway_->channel(), one->publisher.acknowledged() + 50, [&] {
              const std::lock_guard lock(mutex_);
              ++one->acknowledged;
              more_.notify_all();
            });
      }
    });
  }
}

std::string KafkaShop::StopLoad() {
  stop_load_ = true;
  std::string wrong;
  for (const auto& shop : shops_) {
    if (shop->load.joinable()) shop->load.join();
    if (!shop->wrong.empty()) wrong = shop->publisher.story().merchant() + ": " + shop->wrong;
  }
  return wrong;
}

std::string KafkaShop::FinishLoad() {
  std::string wrong = StopLoad();
  const auto give_up = steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
  for (const auto& shop : shops_) {
    Publisher& publisher = shop->publisher;
    while (wrong.empty() && publisher.acknowledged() < publisher.sent()) {
      wrong =
          publisher.Publish(gateway_->channel(), publisher.sent(), [&] { ++shop->acknowledged; });
      if (steady_clock::now() > give_up) return publisher.story().merchant() + ": still unknown";
    }
  }
  return wrong;
}

bool KafkaShop::WaitForMore(size_t count) {
  std::unique_lock lock(mutex_);
  std::vector<size_t> wanted;
  for (const auto& shop : shops_) wanted.push_back(shop->acknowledged + count);
  return more_.wait_for(lock, std::chrono::seconds(kPatienceSeconds), [&] {
    for (size_t i = 0; i < shops_.size(); ++i) {
      if (shops_[i]->acknowledged < wanted[i]) return false;
    }
    return true;
  });
}

std::string KafkaShop::WhyItStands() {
  std::string why = "load: " + StopLoad() + "\n";
  for (const auto& shop : shops_) why += shop->publisher.Progress();
  why += "gateway: " + gateway_->Messages() + "\n";
  for (const auto& projector : projectors_) why += "projector: " + projector->Messages() + "\n";
  return why;
}

std::vector<KafkaShop::Published> KafkaShop::Acknowledged() const {
  std::vector<Published> all;
  for (const auto& shop : shops_) {
    const Publisher& publisher = shop->publisher;
    all.push_back({publisher.story(), publisher.acknowledged(), publisher.token()});
  }
  return all;
}

std::string KafkaShop::CheckNewest() {
  for (const auto& shop : shops_) {
    const Publisher& publisher = shop->publisher;
    const size_t count = std::min<size_t>(publisher.acknowledged(), 50);
    std::string wrong = CheckOutcomes(gateway_->channel(), publisher.story(),
                                      publisher.acknowledged() - count, count, publisher.token());
    if (!wrong.empty()) return wrong;
  }
  return {};
}

std::string KafkaShop::CheckAll() {
  for (const auto& shop : shops_) {
    const Publisher& publisher = shop->publisher;
    std::string wrong = CheckServed(gateway_->channel(), publisher.story(),
                                    publisher.acknowledged(), publisher.token());
    if (!wrong.empty()) return wrong;
    const auto expected = publisher.story().After(publisher.acknowledged()).codes;
    if (!shop->follower.WaitForVouchers(expected.size())) {
      return publisher.story().merchant() + ": the feed told of " +
             std::to_string(shop->follower.codes().size()) + " vouchers, not " +
             std::to_string(expected.size());
    }
    if (!shop->follower.wrong().empty()) return shop->follower.wrong();
    if (shop->follower.codes() != expected) return "the feed told of other vouchers";
  }
  return {};
}

}  // namespace carnet::acceptance
