// How fast a log is folded into views, against reading and parsing the same records (PARSE): one
// thread each.
//
//     catch_up_bench [--changes N] [--batch N] [--folder DIR] [--keep-log] [--only-fold]
//
// Prints changes a second for PARSE (read from the embedded log, parsed in an arena), FOLD (the
// same folded over an empty memory state would be no use: so into views, until the last write) and
// FLUSH (until all families are in files), the ratios to PARSE, rows and log bytes a change,
// memory, and the time of the next open.
//
// The time of a run ends after a flush of all families; which RocksDB build it was is in the first
// line.

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/arena.h"

#include "carnet/log/v1/log.pb.h"
#include "event_log/embedded/embedded_log.h"
#include "projection/batch_fold.h"
#include "projection/refold.h"
#include "projection/till_day.h"
#include "view_store/view_store.h"

namespace carnet::projection {
namespace {

namespace fs = std::filesystem;

struct Flags {
  int64_t changes = 1'000'000;
  int64_t batch = 1000;
  std::string folder = "/tmp/carnet-catch-up";
  bool keep_log = false;   // take the log that a run before left
  bool only_fold = false;  // for profiles
};

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "catch_up_bench: %s\n", value.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(value);
}

void WriteLog(event_log::EventLog* log, int64_t changes) {
  TillDay day({});
  for (int64_t done = 0; done < changes;) {
    std::vector<event_log::Record> records;
    for (; records.size() < 1000 && done < changes; ++done) records.push_back(day.Next());
    std::promise<absl::StatusOr<int64_t>> answer;
    log->Append(0, std::move(records),
                [&](absl::StatusOr<int64_t> offset) { answer.set_value(std::move(offset)); });
    Must(answer.get_future().get());
  }
}

double ProcessCpuSeconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double ThreadCpuSeconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// Reads everything, parses it in an arena; changes a second.
double Parse(event_log::EventLog* log, int64_t end) {
  const absl::Time start = absl::Now();
  const double cpu = ThreadCpuSeconds();
  auto cursor = Must(log->Read(0, 0));
  google::protobuf::Arena arena;
  uint64_t bytes = 0;
  while (cursor->position() < end) {
    for (const auto& stored : Must(cursor->Next(1000, 8 << 20, absl::InfiniteFuture()))) {
      auto* record = google::protobuf::Arena::CreateMessage<carnet::log::v1::LogRecord>(&arena);
      if (!record->ParseFromArray(stored.value.data(), static_cast<int>(stored.value.size())))
        std::exit(1);
      bytes += stored.value.size();
    }
    arena.Reset();
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  std::printf("PARSE   %8.0f changes/s   %.2f us of its thread a change   %.0f bytes a record\n",
              static_cast<double>(end) / seconds,
              (ThreadCpuSeconds() - cpu) / static_cast<double>(end) * 1e6,
              static_cast<double>(bytes) / static_cast<double>(end));
  return static_cast<double>(end) / seconds;
}

long ResidentMegabytes() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE) >> 20;
}

int Run(const Flags& flags) {
#ifdef NDEBUG
  std::printf("release build");
#else
  std::printf("NOT a release build");
#endif
  std::printf(", RocksDB %s, %ld cores, %lld changes, batches of %lld\n", CARNET_ROCKSDB_BUILD,
              sysconf(_SC_NPROCESSORS_ONLN), static_cast<long long>(flags.changes),
              static_cast<long long>(flags.batch));
  const std::string log_folder = flags.folder + "/log";
  const std::string views_folder = flags.folder + "/views";
  fs::remove_all(views_folder);
  if (!flags.keep_log) fs::remove_all(log_folder);
  fs::create_directories(flags.folder);
  if (!fs::exists(log_folder)) {
    Must(event_log::InitEmbeddedLog(log_folder, 1));
    auto log = Must(event_log::OpenEmbeddedLog(log_folder));
    WriteLog(log.get(), flags.changes);
  }
  auto log = Must(event_log::OpenEmbeddedLog(log_folder));
  const int64_t end = Must(log->EndOffset(0));
  const auto changes = static_cast<double>(end - 1);

  double parse = 1;
  if (!flags.only_fold) {
    Parse(log.get(), end);  // warms the page cache
    parse = Parse(log.get(), end);
  }

  const long before = ResidentMegabytes();
  {
    auto store = Must(view_store::OpenViewStore(views_folder));
    const double cpu = ProcessCpuSeconds();
    const double thread_cpu = ThreadCpuSeconds();
    const absl::Time start = absl::Now();
    if (absl::Status status =
            FoldInto(log.get(), 0, end, store.get(), static_cast<size_t>(flags.batch));
        !status.ok()) {
      std::fprintf(stderr, "catch_up_bench: %s\n", status.ToString().c_str());
      return 1;
    }
    const double fold = changes / absl::ToDoubleSeconds(absl::Now() - start);
    const double fold_cpu = (ThreadCpuSeconds() - thread_cpu) / changes * 1e6;
    const long resident = ResidentMegabytes();
    const uint64_t memtables = store->memtable_bytes() >> 20;
    store->Flush();
    const double flush = changes / absl::ToDoubleSeconds(absl::Now() - start);
    const double all_cpu = (ProcessCpuSeconds() - cpu) / changes * 1e6;
    std::printf(
        "FOLD    %8.0f changes/s   %.3f of PARSE   %.2f us of the folding thread a change\n", fold,
        fold / parse, fold_cpu);
    std::printf("FLUSH   %8.0f changes/s   %.3f of PARSE   %.2f us of all threads a change\n",
                flush, flush / parse, all_cpu);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf(
        "memory  %ld MB more than before, %ld MB at most; memtables %llu MB; tables %llu MB\n",
        resident - before, usage.ru_maxrss >> 10, static_cast<unsigned long long>(memtables),
        static_cast<unsigned long long>(store->table_bytes() >> 20));
    if (flags.only_fold) return 0;
  }

  // The next start after a kill -9: nothing of the last batches is in files.
  fs::remove_all(views_folder);
  {
    auto store = Must(view_store::OpenViewStore(views_folder));
    if (!FoldInto(log.get(), 0, end, store.get(), static_cast<size_t>(flags.batch)).ok()) return 1;
  }  // closing writes no memtables either
  const absl::Time start = absl::Now();
  const auto store = Must(view_store::OpenViewStore(views_folder));
  std::printf("OPEN    %8.0f ms, position %lld\n", absl::ToDoubleMilliseconds(absl::Now() - start),
              static_cast<long long>(store->position().offset()));
  return 0;
}

}  // namespace
}  // namespace carnet::projection

int main(int argc, char** argv) {
  carnet::projection::Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--keep-log") {
      flags.keep_log = true;
    } else if (flag == "--only-fold") {
      flags.only_fold = flags.keep_log = true;
    } else if (flag == "--changes" && i + 1 < argc) {
      flags.changes = std::stoll(argv[++i]);
    } else if (flag == "--batch" && i + 1 < argc) {
      flags.batch = std::stoll(argv[++i]);
    } else if (flag == "--folder" && i + 1 < argc) {
      flags.folder = argv[++i];
    } else {
      std::fprintf(stderr, "catch_up_bench: don't know %s\n", flag.c_str());
      return 2;
    }
  }
  return carnet::projection::Run(flags);
}
