// Where a gateway asks, by what projectors say of themselves.
#include "gateway/projectors.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/policy_service.grpc.pb.h"
#include "event_log/simulated/simulated_log.h"
#include "gateway/remote_policies.h"

namespace carnet::gateway {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

// A projector as far as a gateway sees one: it says how far it is, and a policy.
class FakeProjector {
 public:
  explicit FakeProjector(std::string log) : admin_(this), policies_(this), log_(std::move(log)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&admin_);
    builder.RegisterService(&policies_);
    server_ = builder.BuildAndStart();
  }
  ~FakeProjector() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void Say(int64_t position, v1::PartitionState state = v1::PARTITION_STATE_FOLDING) {
    const std::lock_guard lock(mutex_);
    position_ = position;
    state_ = state;
  }
  void SetCountry(const std::string& country) {
    const std::lock_guard lock(mutex_);
    country_ = country;
    ++changes_;
  }

 private:
  class Admin final : public v1::AdminService::Service {
   public:
    explicit Admin(FakeProjector* self) : self_(self) {}
    grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                           v1::GetStatusResponse* response) override {
      const std::lock_guard lock(self_->mutex_);
      response->set_log(self_->log_);
      v1::PartitionStatus* const partition = response->add_partitions();
      partition->set_position(self_->position_);
      partition->set_state(self_->state_);
      return grpc::Status::OK;
    }

   private:
    FakeProjector* const self_;
  };
  class Policies final : public v1::PolicyService::Service {
   public:
    explicit Policies(FakeProjector* self) : self_(self) {}
    grpc::Status GetPolicy(grpc::ServerContext*, const v1::GetPolicyRequest*,
                           v1::GetPolicyResponse* response) override {
      const std::lock_guard lock(self_->mutex_);
      response->mutable_policy()->set_country(self_->country_);
      response->set_etag(std::to_string(self_->changes_));
      return grpc::Status::OK;
    }

   private:
    FakeProjector* const self_;
  };

  std::mutex mutex_;
  // Guarded by mutex_.
  int64_t position_ = 0;
  v1::PartitionState state_ = v1::PARTITION_STATE_FOLDING;
  std::string country_;
  int changes_ = 0;

  Admin admin_;
  Policies policies_;
  const std::string log_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class ProjectorsTest : public testing::Test {
 protected:
  // How far the projector is that would be asked about partition 0; -1: none.
  int64_t PositionAsked() {
    const auto channels = projectors_.For(0);
    if (channels.empty()) return -1;
    grpc::ClientContext context;
    v1::GetStatusResponse status;
    const auto stub = v1::AdminService::NewStub(channels.front());
    if (!stub->GetStatus(&context, {}, &status).ok()) return -1;
    return status.partitions(0).position();
  }
  // Until `wanted` is what is asked, `times` times in turn.
  bool WaitUntilAsked(int64_t wanted, int times) {
    const absl::Time give_up = absl::Now() + kPatience;
    int in_turn = 0;
    while (in_turn < times && absl::Now() < give_up) {
      in_turn = PositionAsked() == wanted ? in_turn + 1 : 0;
    }
    return in_turn == times;
  }

  event_log::SimulatedLog log_{std::make_shared<event_log::SimulatedDisk>(1, 1), {}};
  FakeProjector one_{log_.identity().log_id.ToString()};
  FakeProjector two_{log_.identity().log_id.ToString()};
  Projectors projectors_{&log_, {.addresses = {one_.address(), two_.address()}}};
};

TEST_F(ProjectorsTest, ReplicaThatIsBehindIsNotAsked) {
  one_.Say(1'000'000);
  two_.Say(10);
  EXPECT_TRUE(WaitUntilAsked(1'000'000, 50)) << "not even in turn";
  // It has caught up, nearly: they share again.
  two_.Say(999'900);
  EXPECT_TRUE(WaitUntilAsked(999'900, 1));
  EXPECT_TRUE(WaitUntilAsked(1'000'000, 1));
  // One that stopped is the last resort, however far it is.
  one_.Say(2'000'000, v1::PARTITION_STATE_STOPPED);
  EXPECT_TRUE(WaitUntilAsked(999'900, 50));
}

TEST_F(ProjectorsTest, PolicyIsLearnedFromThemAndKeptFresh) {
  one_.SetCountry("FR");
  two_.SetCountry("FR");
  ASSERT_TRUE(WaitUntilAsked(0, 1));
  RemotePolicies policies(&projectors_, absl::Milliseconds(50));
  const auto first = policies.Of("shop", 0);
  EXPECT_EQ(first->policy().country(), "FR") << "before the first change is sealed";
  EXPECT_EQ(first->change_number(), 1u);
  one_.SetCountry("VN");
  two_.SetCountry("VN");
  const absl::Time give_up = absl::Now() + kPatience;
  while (policies.Of("shop", 0)->policy().country() != "VN" && absl::Now() < give_up) {
  }
  EXPECT_EQ(policies.Of("shop", 0)->policy().country(), "VN");
}

}  // namespace
}  // namespace carnet::gateway
