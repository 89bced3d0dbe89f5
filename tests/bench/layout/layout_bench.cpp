// layout_bench: which rows, and which RocksDB options, make live folding cheap?
//
// The projector folds changes in batches; one batch is one WriteBatch with the position in it (WAL
// on, sync=false). What that costs is decided by how many rows a change writes, into which kind of
// memtable, and how it looks up what it needs. This program folds a made-up till day (till_day.h)
// through the same code in several layouts and prints them side by side. Per change it writes a
// change id, for vouchers a natural key, an entry, one or two feed events, the account with the
// tail of its history; for contacts the record's cells and two identifiers.
//
// The decisions are imitated (sums, counters, filler of realistic sizes); rows, lookups and batches
// are real. It knows nothing of Carnet's own fold.
//
//   layout_bench                                     every named variant, one after the other
//   layout_bench --repeat 3 --variants plain,chosen  interleaved, with medians and bests: for noisy
//                                                    machines
//   layout_bench --variants chosen:block=64,chosen   a variant with settings changed (variant.h)
//   layout_bench --kill 1 --variants chosen          also kill -9 after the last write, and time
//                                                    the next open
//   layout_bench --verify 1 --variants chosen        folds in batches of 1, 37 and 1000 and
//                                                    compares the key spaces
//   layout_bench --changes N --batch N --dir D --reads 0|1
//
// Every run is a process of its own, in a folder that is removed afterwards. Columns:
//   write/s, flush/s  changes a second until the last write returned / until all families were
//                     flushed
//   us/ch             wall time of a change until the last write; "null" (no store) is the
//                     program's own share of it
//   cpu f/p           processor time a change: the folding thread / the whole process, flush and
//                     compaction included
//   keys, wal         rows and bytes of the write batches, a change
//   sst               megabytes in tables when all is flushed and compactions have settled
//   mem, rss          highest memtable total seen, highest resident size, MB
//   get               hot random account, us
//   list              a customer's newest 50 vouchers, us
//   feed              10,000 events in order, ms
//   fresh             newest 20 changes of a merchant before any flush, us
//   open              ms from kill -9 to an open database, wall / processor (with --kill 1)
//   hash              of the whole key space, in order: layouts differ, batch sizes may not

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/check.h"
#include "tests/bench/layout/run.h"
#include "tests/bench/layout/variant.h"

namespace carnet::bench::layout {
namespace {

struct Flags {
  Load load;
  int repeat = 1;
  bool kill = false;
  std::string variants = kAllVariants;
};

Flags ParseFlags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    Check(i + 1 < argc, "a value is missing after " + flag);
    const std::string value = argv[i + 1];
    if (flag == "--changes") {
      flags.load.changes = std::stoull(value);
    } else if (flag == "--batch") {
      flags.load.batch = std::stoull(value);
    } else if (flag == "--repeat") {
      flags.repeat = std::stoi(value);
    } else if (flag == "--kill") {
      flags.kill = value != "0";
    } else if (flag == "--verify") {
      flags.load.verify = value != "0";
    } else if (flag == "--reads") {
      flags.load.reads = value != "0";
    } else if (flag == "--variants") {
      flags.variants = value;
    } else if (flag == "--dir") {
      flags.load.dir = value;
    } else {
      Fail("unknown flag " + flag);
    }
  }
  return flags;
}

std::vector<Variant> ParseVariants(std::string names) {
  std::vector<Variant> variants;
  while (!names.empty()) {
    const size_t comma = names.find(',');
    variants.push_back(ParseVariant(names.substr(0, comma)));
    names = comma == std::string::npos ? "" : names.substr(comma + 1);
  }
  return variants;
}

void PrintHead() {
  std::printf("%-34s %7s %7s %6s %11s %5s %5s %5s %5s %5s %6s %6s %6s %8s %11s  %s\n", "variant",
              "write/s", "flush/s", "us/ch", "cpu f/p", "keys", "wal", "sst", "mem", "rss", "get",
              "list", "feed", "fresh", "open", "hash");
}

void Print(const std::string& name, const Result& r) {
  std::printf(
      "%-34s %6.0fk %6.0fk %6.2f %5.2f/%5.2f %5.2f %5.0f %5.0f %5.0f %5.0f %6.2f %6.0f %6.2f %8.0f "
      "%5.0f/%5.0f  %016llx\n",
      name.c_str(), r.write_s / 1e3, r.flush_s / 1e3, r.us, r.cpu_fold, r.cpu_all, r.keys, r.wal,
      r.sst, r.mem, r.rss, r.get, r.list, r.feed, r.fresh, r.open, r.open_cpu,
      static_cast<unsigned long long>(r.hash));
  std::fflush(stdout);
}

// Whether the same rows come out whatever the batch.
bool Verify(const std::vector<Variant>& variants, const Load& load) {
  bool equal = true;
  for (const Variant& v : variants) {
    uint64_t first = 0;
    for (const uint64_t size : {1000u, 37u, 1u}) {
      Load sized = load;
      sized.batch = size;
      const Result r = Run(v, sized);
      Print(v.name + " batch " + std::to_string(size), r);
      if (first == 0) first = r.hash;
      equal = equal && r.hash == first;
    }
  }
  std::printf("%s\n", equal ? "equal whatever the batch" : "DIFFERENT");
  return equal;
}

void Compare(const std::vector<Variant>& variants, const Flags& flags) {
  std::map<std::string, std::vector<Result>> results;
  for (int i = 0; i < flags.repeat; ++i) {
    for (const Variant& v : variants) {
      Result r = Run(v, flags.load);
      if (flags.kill && v["store"]) {
        const Result opened = KillAndOpen(v, flags.load);
        r.open = opened.open;
        r.open_cpu = opened.open_cpu;
      }
      Print(v.name, r);
      results[v.name].push_back(r);
    }
  }
  if (flags.repeat == 1) return;
  for (const bool best : {false, true}) {
    std::printf(best ? "best of each\n" : "medians\n");
    for (const Variant& v : variants) Print(v.name, Summary(results[v.name], best));
  }
}

int Main(int argc, char** argv) {
  const Flags flags = ParseFlags(argc, argv);
  const std::vector<Variant> variants = ParseVariants(flags.variants);
  std::filesystem::create_directories(std::filesystem::path(flags.load.dir).parent_path());
  std::printf("%llu changes, batches of %llu, %d times\n",
              static_cast<unsigned long long>(flags.load.changes),
              static_cast<unsigned long long>(flags.load.batch), flags.repeat);
  PrintHead();
  bool ok = true;
  if (flags.load.verify) {
    ok = Verify(variants, flags.load);
  } else {
    Compare(variants, flags);
  }
  std::filesystem::remove_all(flags.load.dir);
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace carnet::bench::layout

int main(int argc, char** argv) { return carnet::bench::layout::Main(argc, argv); }
