#include "tests/bench/folded.h"

#include <chrono>
#include <string>
#include <thread>

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "carnet/v1/admin_service.grpc.pb.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"

namespace carnet::bench {
namespace {

// A question costs the server a tenth of a millisecond.
constexpr auto kAskEvery = std::chrono::milliseconds(10);
// The counts may come a moment after the position.
constexpr double kCountsWithin = 5;

v1::GetStatusResponse Ask(v1::AdminService::Stub* admin) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  v1::GetStatusResponse status;
  const grpc::Status answered = admin->GetStatus(&context, {}, &status);
  Check(answered.ok(), "GetStatus: " + answered.error_message());
  for (const v1::PartitionStatus& partition : status.partitions()) {
    Check(partition.state() == v1::PARTITION_STATE_FOLDING,
          "a partition stopped: " + partition.stopped_because());
  }
  return status;
}

}  // namespace

double WaitUntilFolded(const Server& carnetd, const std::vector<int64_t>& ends, int64_t changes) {
  const auto admin = v1::AdminService::NewStub(
      grpc::CreateChannel(carnetd.address(), grpc::InsecureChannelCredentials()));
  double reached = 0;
  while (true) {
    const v1::GetStatusResponse status = Ask(admin.get());
    bool all_there = true;
    uint64_t good = 0;
    uint64_t bad = 0;
    for (const v1::PartitionStatus& p : status.partitions()) {
      all_there = all_there && p.position() >= ends.at(static_cast<size_t>(p.partition()));
      good += p.applied() + p.duplicates();
      bad += p.rejected() + p.dead_letters();
    }
    if (all_there && reached == 0) reached = Now();
    if (all_there && bad == 0 && good == static_cast<uint64_t>(changes)) return reached;
    Check(reached == 0 || Now() - reached < kCountsWithin,
          "of " + std::to_string(changes) + " changes " + std::to_string(good) +
              " were applied or duplicates, " + std::to_string(bad) + " rejected or dead letters");
    std::this_thread::sleep_for(kAskEvery);
  }
}

}  // namespace carnet::bench
