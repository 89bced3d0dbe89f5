#include "projection/projector.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/fatal.h"
#include "projection/generations.h"
#include "projection/partition_projector.h"
#include "projection/snapshot_board.h"

namespace carnet::projection {
namespace {

using SnapshotPtr = std::shared_ptr<const view_store::Snapshot>;

class LogProjector final : public Projector {
 public:
  // Takes over what `parts` holds. The board must be older than the parts that use it.
  LogProjector(std::unique_ptr<SnapshotBoard> board,
               std::vector<std::unique_ptr<PartitionProjector>> parts)
      : board_(std::move(board)), parts_(std::move(parts)) {}
  ~LogProjector() override { Stop(); }

  absl::Status Start() override {
    for (const auto& part : parts_) {
      if (absl::Status status = part->CheckSameLog(); !status.ok()) return status;
    }
    for (const auto& part : parts_) part->Start();
    return absl::OkStatus();
  }

  void Stop() override {
    for (const auto& part : parts_) part->RequestStop();
    for (const auto& part : parts_) part->Join();
    board_->ShutDown();
  }

  std::vector<int32_t> partitions() const override {
    std::vector<int32_t> all;
    for (const auto& part : parts_) all.push_back(part->partition());
    return all;
  }

  absl::StatusOr<SnapshotPtr> snapshot(int32_t partition) const override {
    return board_->snapshot(partition);
  }

  void WhenAt(int32_t partition, int64_t offset, absl::Time deadline,
              ReadyCallback ready) override {
    board_->WhenAt(partition, offset, deadline, std::move(ready));
  }

  std::shared_ptr<void> OnAdvance(int32_t partition, std::function<void()> advanced) override {
    for (const auto& part : parts_) {
      if (part->partition() == partition) return part->OnAdvance(std::move(advanced));
    }
    return nullptr;
  }

  std::vector<PartitionProgress> progress() const override {
    std::vector<PartitionProgress> all;
    for (const auto& part : parts_) all.push_back(part->progress());
    return all;
  }

  void Resume(int32_t partition, std::function<void(absl::Status)> done) override {
    for (const auto& part : parts_) {
      if (part->partition() == partition) return part->Resume(std::move(done));
    }
    done(board_->snapshot(partition).status());
  }
  bool Scrub(int32_t partition, uint64_t mark) override { return StoreOf(partition)->Scrub(mark); }
  uint64_t scrubbed(int32_t partition) const override { return StoreOf(partition)->scrubbed(); }

 private:
  view_store::ViewStore* StoreOf(int32_t partition) const {
    for (const auto& part : parts_) {
      if (part->partition() == partition) return part->store();
    }
    Fatal(absl::StrCat("partition ", partition, " is not served here"));
  }

  const std::unique_ptr<SnapshotBoard> board_;
  const std::vector<std::unique_ptr<PartitionProjector>> parts_;
};

// All partitions of a process together read this much again after a crash.
constexpr uint64_t kMaxWalBytes = uint64_t{64} << 20;
constexpr uint64_t kMinWalBytes = uint64_t{8} << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<Projector>> MakeProjector(event_log::EventLog* log,
                                                         const ProjectorOptions& options) {
  std::vector<int32_t> partitions = options.partitions;
  if (partitions.empty()) {
    for (int32_t p = 0; p < log->identity().partition_count; ++p) partitions.push_back(p);
  }
  std::sort(partitions.begin(), partitions.end());
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  for (const int32_t partition : partitions) {
    if (partition >= 0 && partition < log->identity().partition_count) continue;
    return Error(absl::StatusCode::kFailedPrecondition, "NO_SUCH_PARTITION",
                 absl::StrCat("the log has partitions 0 to ", log->identity().partition_count - 1,
                              ", not ", partition));
  }

  view_store::ViewStoreOptions store_options = options.store;
  if (store_options.shared == nullptr) store_options.shared = view_store::MakeSharedResources();
  store_options.max_wal_bytes = std::max(kMinWalBytes, kMaxWalBytes / partitions.size());

  auto board = std::make_unique<SnapshotBoard>();
  std::vector<std::unique_ptr<PartitionProjector>> parts;
  for (const int32_t partition : partitions) {
    auto serving = OpenServingGeneration(options.views_folder, partition, store_options);
    if (!serving.ok()) return serving.status();
    parts.push_back(std::make_unique<PartitionProjector>(log, partition, options,
                                                         *std::move(serving), board.get()));
  }
  return std::make_unique<LogProjector>(std::move(board), std::move(parts));
}

}  // namespace carnet::projection
