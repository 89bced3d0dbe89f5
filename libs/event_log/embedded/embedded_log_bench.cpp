// What the embedded log does on this machine, by hand: build/<preset>/bin/embedded_log_bench FOLDER
// Appends and reads a million records of about 300 bytes, kills nothing, leaves nothing.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include <google/protobuf/arena.h>
#include <rocksdb/version.h>

#include "base/fatal.h"
#include "carnet/log/v1/log.pb.h"
#include "event_log/embedded/embedded_log.h"

namespace carnet::event_log {
namespace {

constexpr int64_t kRecords = 1'000'000;

class Clock {
 public:
  double seconds() const { return absl::ToDoubleSeconds(absl::Now() - begin_); }

 private:
  absl::Time begin_ = absl::Now();
};

// Of this thread: tells what it would be on an idle machine.
double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void Report(const char* what, double value, const char* unit) {
  std::printf("%-62s %12.1f %s\n", what, value, unit);
  std::fflush(stdout);
}

double ResidentMiB() {
  std::ifstream file("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// A change with the sizes of a sale's.
std::string SampleValue(uint64_t number) {
  std::mt19937_64 random(number);
  const auto noise = [&](size_t size) {
    std::string bytes;
    while (bytes.size() < size) bytes.push_back(static_cast<char>(random()));
    return bytes;
  };
  log::v1::LogRecord record;
  log::v1::Change* change = record.mutable_change();
  change->set_id(noise(16));
  change->set_content_hash(noise(16));
  change->set_merchant("bakery-" + std::to_string(number % 50));
  change->set_channel("pos");
  change->set_source("till-" + std::to_string(number % 4));
  change->set_external_id("pos:customer:" + std::to_string(random() % 200'000));
  change->set_customer_id(noise(80));  // Stands for a body.
  change->set_occurred_at_micros(1'700'000'000'000'000 + static_cast<int64_t>(number));
  change->set_recorded_at_micros(1'700'000'000'000'001 + static_cast<int64_t>(number));
  change->set_effective_day(19'675);
  change->set_recorded_day(19'675);
  change->set_actor("cashier-" + std::to_string(number % 7));
  change->set_rules_version(1);
  std::string value = record.SerializeAsString();
  if (value.size() < 292) change->set_actor(change->actor() + std::string(290 - value.size(), '.'));
  return record.SerializeAsString();
}

std::vector<Record> Samples() {
  std::vector<Record> samples;
  for (uint64_t i = 0; i < 10'000; ++i) {
    samples.push_back({.key = "bakery-" + std::to_string(i % 50), .value = SampleValue(i)});
  }
  return samples;
}

// `threads` threads with `window` appends of `records` records each under way.
void MeasureAppends(EventLog* log, const std::vector<Record>& samples, int threads, int window,
                    size_t records, int64_t total, const char* what) {
  std::atomic<int64_t> started = 0;
  std::vector<double> waits;
  std::mutex waits_mutex;
  const Clock clock;
  std::vector<std::thread> appenders;
  for (int thread = 0; thread < threads; ++thread) {
    appenders.emplace_back([&] {
      std::mutex mutex;
      std::condition_variable answered;
      int under_way = 0;
      std::vector<double> own;
      while (started.fetch_add(static_cast<int64_t>(records)) < total) {
        {
          std::unique_lock lock(mutex);
          answered.wait(lock, [&] { return under_way < window; });
          ++under_way;
        }
        std::vector<Record> append;
        for (size_t i = 0; i < records; ++i) append.push_back(samples[(own.size() + i) % 10'000]);
        const absl::Time begin = absl::Now();
        log->Append(0, std::move(append), [&, begin](const absl::StatusOr<int64_t>& offset) {
          CARNET_ASSERT(offset.ok());
          std::lock_guard lock(mutex);
          own.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
          --under_way;
          answered.notify_one();
        });
      }
      std::unique_lock lock(mutex);
      answered.wait(lock, [&] { return under_way == 0; });
      std::lock_guard waits_lock(waits_mutex);
      waits.insert(waits.end(), own.begin(), own.end());
    });
  }
  for (std::thread& appender : appenders) appender.join();
  const double seconds = clock.seconds();
  std::sort(waits.begin(), waits.end());
  char line[200];
  std::snprintf(line, sizeof line, "append, %s (answer p50 %.2f p99 %.2f ms)", what,
                waits[waits.size() / 2], waits[waits.size() * 99 / 100]);
  Report(line, static_cast<double>(total) / seconds, "records/s");
}

// What the disk itself takes for the same: one record at a time to a file that grows.
void MeasureFloor(const std::string& path, const Record& sample) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::vector<double> waits;
  for (int i = 0; i < 1000; ++i) {
    const Clock clock;
    CARNET_ASSERT(write(file, sample.value.data(), sample.value.size()) > 0);
    CARNET_ASSERT(fdatasync(file) == 0);
    waits.push_back(clock.seconds() * 1000);
  }
  close(file);
  unlink(path.c_str());
  std::sort(waits.begin(), waits.end());
  Report("floor: write and fdatasync of one record, p50", waits[waits.size() / 2], "ms");
  Report("floor: write and fdatasync of one record, p99", waits[waits.size() * 99 / 100], "ms");
}

void MeasureFollowing(EventLog* log, const std::vector<Record>& samples) {
  constexpr int kAppends = 3000;
  const int64_t begin = *log->EndOffset(0);
  std::vector<absl::Time> appended(kAppends);
  std::vector<double> waits;
  std::thread reader([&] {
    const auto cursor = log->Read(0, begin);
    while (waits.size() < kAppends) {
      const auto batch = (*cursor)->Next(1000, size_t{1} << 20, absl::InfiniteFuture());
      for (const StoredRecord& record : *batch) {
        const auto at = static_cast<size_t>(record.offset - begin);
        waits.push_back(absl::ToDoubleMilliseconds(absl::Now() - appended[at]));
      }
    }
  });
  const absl::Time start = absl::Now();
  for (size_t i = 0; i < kAppends; ++i) {
    absl::SleepFor(start + absl::Milliseconds(static_cast<int64_t>(i)) - absl::Now());
    appended[i] = absl::Now();
    log->Append(0, {samples[i]}, [](const auto&) {});
  }
  reader.join();
  std::sort(waits.begin(), waits.end());
  Report("append to readable at 1,000/s, p50", waits[waits.size() / 2], "ms");
  Report("append to readable at 1,000/s, p99", waits[waits.size() * 99 / 100], "ms");
}

void MeasureReading(EventLog* log, bool parse) {
  const int64_t end = *log->EndOffset(0);
  const auto cursor = log->Read(0, 1);
  google::protobuf::Arena arena;
  int64_t bytes = 0;
  int64_t records = 0;
  const double cpu_begin = CpuSeconds();
  const Clock clock;
  while ((*cursor)->position() < end) {
    const auto batch = (*cursor)->Next(1000, size_t{1} << 20, absl::InfiniteFuture());
    CARNET_ASSERT(batch.ok());
    for (const StoredRecord& record : *batch) {
      ++records;
      bytes += static_cast<int64_t>(record.value.size());
      if (!parse) continue;
      auto* parsed = google::protobuf::Arena::CreateMessage<log::v1::LogRecord>(&arena);
      CARNET_ASSERT(
          parsed->ParseFromArray(record.value.data(), static_cast<int>(record.value.size())));
    }
    arena.Reset();
  }
  const double rate = static_cast<double>(records) / clock.seconds();
  Report(parse ? "read and parse in an arena, one thread" : "read, one thread", rate, "records/s");
  Report("  by its CPU time alone", static_cast<double>(records) / (CpuSeconds() - cpu_begin),
         "records/s");
  if (!parse)
    Report("  mean record", static_cast<double>(bytes) / static_cast<double>(records), "bytes");
}

void Run(const std::string& folder) {
  const std::string path = folder + "/bench-log";
  std::filesystem::remove_all(path);
  std::printf("RocksDB %d.%d.%d, in %s\n", ROCKSDB_MAJOR, ROCKSDB_MINOR, ROCKSDB_PATCH,
              path.c_str());
  std::fflush(stdout);
  // The writer is a process of its own, which is killed.
  const pid_t writer = fork();
  if (writer == 0) {
    CARNET_ASSERT(InitEmbeddedLog(path, 1).ok());
    auto log = *OpenEmbeddedLog(path);
    const std::vector<Record> samples = Samples();
    const double before = ResidentMiB();
    MeasureFloor(folder + "/bench-floor", samples[0]);
    MeasureAppends(log.get(), samples, 1, 1, 1, 2000, "1 thread, one by one");
    MeasureAppends(log.get(), samples, 64, 1, 1, 50'000, "64 threads, one by one");
    MeasureAppends(log.get(), samples, 1, 4000, 1, 300'000, "1 thread, 4,000 under way");
    MeasureAppends(log.get(), samples, 1, 4, 1000, kRecords - 352'000,
                   "1 thread, 4 x 1,000 under way");
    Report("memory that the log took", ResidentMiB() - before, "MiB");
    MeasureFollowing(log.get(), samples);
    Report("memory that the log took", ResidentMiB() - before, "MiB");
    std::fflush(stdout);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(writer, &status, 0);
  for (const char* what : {"open after kill -9", "open again"}) {
    const Clock clock;
    const auto log = OpenEmbeddedLog(path);
    CARNET_ASSERT(log.ok());
    Report(what, clock.seconds() * 1000, "ms");
  }
  {
    const auto log = *OpenEmbeddedLog(path);
    const double before = ResidentMiB();
    MeasureReading(log.get(), /*parse=*/false);
    MeasureReading(log.get(), /*parse=*/true);
    Report("memory that reading took", ResidentMiB() - before, "MiB");
  }
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace carnet::event_log

int main(int argc, char** argv) {
  carnet::event_log::Run(argc > 1 ? argv[1] : ".");
  return 0;
}
