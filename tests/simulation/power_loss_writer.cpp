#include "tests/simulation/power_loss_writer.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "absl/time/clock.h"

#include "base/fatal.h"
#include "base/partition.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/quarantine.h"
#include "projection/batch_fold.h"
#include "projection/generations.h"
#include "tests/simulation/history.h"
#include "tests/simulation/lossy_file_system.h"
#include "tests/simulation/process.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::simulation {
namespace {

constexpr char kFlag[] = "--until-the-power-fails";
// Unanswered appends: groups, but small ones, so that much happens between few records.
constexpr int kWindow = 6;

// Folds as a projector does, but with more of what is rare: small batches, flushes.
[[noreturn]] void FoldForEver(event_log::EventLog* log, int32_t partition,
                              view_store::ViewStore* store, uint64_t seed) {
  Random random(seed);
  const auto cursor = log->Read(partition, store->position().offset());
  if (!cursor.ok()) Fatal(std::string(cursor.status().message()));
  projection::BatchFold fold(log->identity(), partition, store);
  while (true) {
    const auto records =
        (*cursor)->Next(1 + random.Below(100), size_t{1} << 20, absl::Now() + absl::Seconds(1));
    if (!records.ok()) Fatal(std::string(records.status().message()));
    const auto mode =
        random.Chance(50) ? projection::WriteMode::kBeside : projection::WriteMode::kHere;
    const auto folded = fold.Fold(*records, mode);
    if (!folded.ok()) Fatal(std::string(folded.status().message()));
    if (!random.Chance(2)) continue;
    fold.Finish();
    store->Flush();
  }
}

[[noreturn]] void AppendForEver(event_log::EventLog* log, uint64_t seed) {
  Random random(seed);
  History history(&random);
  std::mutex mutex;
  std::condition_variable answered;
  int under_way = 0;
  while (true) {
    event_log::Record record = RecordOf(history.Next());
    Acknowledged told;
    told.partition = PartitionOf(record.key, kPowerLossPartitions);
    told.size = static_cast<int32_t>(record.value.size());
    std::memcpy(told.hash, event_log::RecordHash(record.key, record.value).data(),
                sizeof told.hash);
    {
      std::unique_lock lock(mutex);
      answered.wait(lock, [&] { return under_way < kWindow; });
      ++under_way;
    }
    log->Append(told.partition, {std::move(record)},
                [&, told](const absl::StatusOr<int64_t>& offset) mutable {
                  if (!offset.ok()) Fatal(std::string(offset.status().message()));
                  told.offset = *offset;
                  // One write of few bytes: the pipe takes it whole.
                  CARNET_ASSERT(write(STDOUT_FILENO, &told, sizeof told) == sizeof told);
                  const std::lock_guard lock(mutex);
                  --under_way;
                  answered.notify_one();
                });
  }
}

}  // namespace

bool IsPowerLossWriter(int argc, char** argv) {
  return argc == 5 && std::strcmp(argv[1], kFlag) == 0;
}

int PowerLossWriterMain(char** argv) {
  const std::string folder = argv[2];
  const uint64_t seed = std::strtoull(argv[3], nullptr, 10);
  const auto disk = std::make_shared<LossyFileSystem>(folder + "/graveyard", seed);
  disk->EndAt(std::strtoull(argv[4], nullptr, 10), LossyFileSystem::End::kPowerCut);

  event_log::EmbeddedLogOptions log_options;
  log_options.write_buffer_bytes = size_t{64} << 10;  // flushes all the time
  log_options.env = EnvOn(disk);
  const auto log = event_log::OpenEmbeddedLog(folder + kPowerLossLog, log_options);
  if (!log.ok()) Fatal(std::string(log.status().message()));

  view_store::SharedResourcesOptions shared;
  shared.memtable_bytes = size_t{2} << 20;
  shared.env = EnvOn(disk);
  const view_store::ViewStoreOptions options = {.shared = view_store::MakeSharedResources(shared),
                                                .max_wal_bytes = uint64_t{1} << 20};
  std::vector<projection::ServingGeneration> views;
  for (int32_t partition = 0; partition < kPowerLossPartitions; ++partition) {
    auto serving = projection::OpenServingGeneration(folder + kPowerLossViews, partition, options);
    if (!serving.ok()) Fatal(std::string(serving.status().message()));
    views.push_back(*std::move(serving));
  }
  std::fprintf(stderr, "open after %llu operations\n",
               static_cast<unsigned long long>(disk->operations()));

  std::vector<std::thread> threads;
  for (int32_t partition = 0; partition < kPowerLossPartitions; ++partition) {
    threads.emplace_back([&, partition] {
      FoldForEver(log->get(), partition, views[static_cast<size_t>(partition)].store.get(),
                  seed + static_cast<uint64_t>(partition) + 1);
    });
  }
  AppendForEver(log->get(), seed);
}

PowerLossResult RunUntilPowerLoss(const PowerLossRun& run) {
  Process process({.arguments = {OwnPath(), kFlag, run.folder, std::to_string(run.seed),
                                 std::to_string(run.end_at)},
                   .environment = {},
                   .error_file = run.folder + "/stderr"});
  PowerLossResult result;
  Acknowledged told;
  // What was in the pipe when the process died counts as well.
  while (read(process.output(), &told, sizeof told) == sizeof told) {
    result.acknowledged.push_back(told);
  }
  result.status = process.Wait();
  result.standard_error = process.StandardError();
  return result;
}

}  // namespace carnet::simulation
