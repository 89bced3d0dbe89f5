#include "tests/bench/layout/run.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <rocksdb/perf_level.h>

#include "tests/bench/clocks.h"
#include "tests/bench/layout/folder.h"
#include "tests/bench/layout/reads.h"
#include "tests/bench/layout/store.h"

namespace carnet::bench::layout {
namespace {

double MemtableMegabytes(Store& s) {
  uint64_t n = 0;
  s.db->GetAggregatedIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &n);
  return double(n) / 1e6;
}

Result RunHere(const Variant& v, const Load& load, bool die) {
  Result r;
  if (!v["perf"]) rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  TillDay day;
  std::unique_ptr<Store> store;
  if (v["store"]) store = Open(v, load.dir);
  const auto n = double(load.changes);
  {
    Folder folder(v, store.get());
    std::vector<Change> batch;
    uint64_t batches = 0;
    const double start = Now(), cpu = ProcessCpu(), thread = ThreadCpu();
    for (uint64_t done = 0; done < load.changes; done += batch.size()) {
      batch.clear();
      while (batch.size() < std::min(load.batch, load.changes - done)) batch.push_back(day.Next());
      folder.Fold(batch);
      if (store && ++batches % 32 == 0) r.mem = std::max(r.mem, MemtableMegabytes(*store));
    }
    folder.Wait();
    const double written = Now();
    r.write_s = n / (written - start);
    r.us = (written - start) / n * 1e6;
    r.cpu_fold = (ThreadCpu() - thread) / n * 1e6;
    r.cpu_all = (ProcessCpu() - cpu) / n * 1e6;
    r.keys = double(folder.keys) / n;
    r.wal = double(folder.bytes) / n;
    if (die) raise(SIGKILL);
    if (!store) return r;
    const double before_fresh = Now();
    if (load.reads) r.fresh = FreshReads(v, folder, *store);
    const double fresh_time = Now() - before_fresh;
    Check(store->db->Flush(rocksdb::FlushOptions(), store->Distinct()));
    r.flush_s = n / (Now() - start - fresh_time);
  }
  uint64_t busy = 1;
  for (int i = 0; i < 3000 && busy != 0; ++i) {
    uint64_t a = 0, b = 0;
    store->db->GetIntProperty(rocksdb::DB::Properties::kNumRunningCompactions, &a);
    store->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kCompactionPending, &b);
    busy = a + b;
    if (busy) usleep(10'000);
  }
  r.cpu_all = ProcessCpu() / n * 1e6;
  uint64_t sst = 0;
  store->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &sst);
  r.sst = double(sst) / 1e6;
  if (load.reads) {
    AccountGets(day, *store);  // warms the block cache
    r.get = AccountGets(day, *store);
    r.list = Listings(v, day, *store);
    r.feed = FeedScan(v, *store);
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  r.rss = double(usage.ru_maxrss) / 1024;
  if (load.verify) r.hash = HashAll(*store);
  return r;
}

Result OpenHere(const Variant& v, const Load& load) {
  Result r;
  const double start = Now(), cpu = ProcessCpu();
  const auto store = Open(v, load.dir);
  std::string position;
  Check(store->db->Get(rocksdb::ReadOptions(), Slice("\0position", 9), &position));
  r.open = (Now() - start) * 1e3;
  r.open_cpu = (ProcessCpu() - cpu) * 1e3;
  Check(position == std::to_string(load.changes), "kill -9 lost changes: position " + position);
  return r;
}

// Runs `body` in a process of its own, so that memory and threads are its own.
template <class Body>
Result Isolated(Body body) {
  int fd[2];
  Check(pipe(fd) == 0, "pipe");
  std::fflush(stdout);  // or the child would print it again
  const pid_t child = fork();
  if (child == 0) {
    const Result r = body();
    Check(write(fd[1], &r, sizeof r) == sizeof r, "write");
    std::_Exit(0);
  }
  close(fd[1]);
  Result r;
  const bool complete = read(fd[0], &r, sizeof r) == sizeof r;
  close(fd[0]);
  int status = 0;
  waitpid(child, &status, 0);
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  Check(complete || killed, "a run failed");
  return complete ? r : Result{};
}

}  // namespace

Result Run(const Variant& v, const Load& load) {
  std::filesystem::remove_all(load.dir);
  return Isolated([&] { return RunHere(v, load, false); });
}

Result KillAndOpen(const Variant& v, const Load& load) {
  std::filesystem::remove_all(load.dir);
  Isolated([&] { return RunHere(v, load, true); });
  return Isolated([&] { return OpenHere(v, load); });
}

Result Summary(std::vector<Result> runs, bool best) {
  Result m = runs[0];
  for (double Result::*field :
       {&Result::write_s, &Result::flush_s, &Result::us, &Result::cpu_fold, &Result::cpu_all,
        &Result::keys, &Result::wal, &Result::sst, &Result::mem, &Result::rss, &Result::get,
        &Result::list, &Result::feed, &Result::fresh, &Result::open, &Result::open_cpu}) {
    const bool rate = field == &Result::write_s || field == &Result::flush_s;
    std::sort(runs.begin(), runs.end(), [&](const Result& a, const Result& b) {
      return rate ? a.*field > b.*field : a.*field < b.*field;
    });
    m.*field = runs[best ? 0 : runs.size() / 2].*field;
  }
  return m;
}
}  // namespace carnet::bench::layout
