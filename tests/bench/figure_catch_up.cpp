// PARSE: the log's records are read from the embedded log and parsed in an arena by one thread, in
// this process, while carnetd is down; once before to warm the page cache. With Kafka they are
// consumed from there (figure_kafka.cpp), and PARSE is FLOOR.
//
// Catch-up: carnetd is started on the log and an empty views folder. Time runs from before the
// process is made until (1) all partitions' views are at the log's end, and goes on while (2) it is
// told to stop and does, and (3) what is not in files yet is brought there: the memtables, which
// its write-ahead log holds, are opened again and all families flushed (opening itself does not
// count). If carnetd comes to flush when it stops, (2) grows and (3) vanishes: the sum stays.
//
// PARSE and catch-up take turns; the ratio is the median of the turns' ratios.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include <google/protobuf/arena.h>

#include "carnet/log/v1/log.pb.h"
#include "event_log/embedded/embedded_log.h"
#include "projection/generations.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/folded.h"

namespace carnet::bench {
namespace {

constexpr char kCatchUp[] = "catch-up";

Parsed Parse(const Bench& bench) {
  if (bench.kafka != nullptr) return ParseKafka(bench);
  const std::vector<int64_t>& ends = bench.ends;
  constexpr size_t kRecords = 1000;
  constexpr size_t kBytes = size_t{8} << 20;
  const auto log = Must(event_log::OpenEmbeddedLog(bench.log_folder()), "opening the log");
  google::protobuf::Arena arena;
  int64_t records = 0;
  size_t bytes = 0;
  const double cpu = ThreadCpu();
  const double begin = Now();
  for (size_t partition = 0; partition < ends.size(); ++partition) {
    const auto cursor = Must(log->Read(static_cast<int32_t>(partition), 0), "reading the log");
    while (cursor->position() < ends[partition]) {
      const auto batch =
          Must(cursor->Next(kRecords, kBytes, absl::InfiniteFuture()), "reading the log");
      for (const event_log::StoredRecord& stored : batch) {
        auto* record = google::protobuf::Arena::CreateMessage<log::v1::LogRecord>(&arena);
        Check(record->ParseFromArray(stored.value.data(), static_cast<int>(stored.value.size())),
              "a record that can't be parsed");
        ++records;
        bytes += stored.value.size();
      }
      arena.Reset();
    }
  }
  const auto count = static_cast<double>(records);
  return {.per_second = count / (Now() - begin),
          .cpu_us = (ThreadCpu() - cpu) / count * 1e6,
          .bytes = static_cast<double>(bytes) / count};
}

// Seconds, without opening.
double Flush(const std::string& views_folder, size_t partitions) {
  double seconds = 0;
  for (size_t partition = 0; partition < partitions; ++partition) {
    const auto serving =
        Must(projection::OpenServingGeneration(views_folder, static_cast<int32_t>(partition), {}),
             "opening the views");
    const double begin = Now();
    serving.store->Flush();
    seconds += Now() - begin;
  }
  return seconds;
}

struct CaughtUp {
  double fold = 0;  // seconds
  double stop = 0;
  double flush = 0;
  double cpu = 0;  // carnetd's, all
  Server::Memory memory;

  double seconds() const { return fold + stop + flush; }
};

CaughtUp CatchUp(const Bench& bench) {
  std::filesystem::remove_all(bench.views_folder());
  const auto carnetd = bench.StartCarnetd();
  CaughtUp caught_up;
  caught_up.fold = WaitUntilFolded(*carnetd, bench.ends, bench.changes) - carnetd->begun();
  caught_up.cpu = carnetd->cpu();
  caught_up.memory = carnetd->memory();
  caught_up.stop = carnetd->Stop();
  const double before = ProcessCpu();
  caught_up.flush = Flush(bench.views_folder(), bench.ends.size());
  caught_up.cpu += ProcessCpu() - before;
  return caught_up;
}

}  // namespace

void MeasureFold(const std::string& name, double must, double aim, Bench* bench) {
  bench->carnetd->Stop();
  bench->carnetd = nullptr;
  const auto changes = static_cast<double>(bench->changes);
  Parse(*bench);
  std::vector<double> parse;
  std::vector<double> parse_cpu;
  std::vector<double> rate;
  std::vector<double> ratio;
  std::vector<double> cpu;
  Parsed parsed;
  CaughtUp caught_up;
  for (int round = 0; round < bench->options.rounds; ++round) {
    parsed = Parse(*bench);
    caught_up = CatchUp(*bench);
    parse.push_back(parsed.per_second);
    parse_cpu.push_back(parsed.cpu_us);
    rate.push_back(changes / caught_up.seconds());
    ratio.push_back(rate.back() / parse.back());
    cpu.push_back(caught_up.cpu / changes * 1e6);
  }
  bench->report.Add({.name = name == kCatchUp ? "PARSE" : "PARSE of that",
                     .number = Median(parse),
                     .unit = "changes/s",
                     .cpu_us = Median(parse_cpu),
                     .note = absl::StrCat("one thread; ", Number(parsed.bytes),
                                          " bytes a record; median of ", parse.size())});
  bench->report.Add(
      {.name = name,
       .number = Median(rate),
       .unit = "changes/s",
       .floor_name = "PARSE",
       .floor = Median(parse),
       .ratio = Median(ratio),
       .must = must,
       .aim = aim,
       .cpu_us = Median(cpu),
       .floor_cpu_us = Median(parse_cpu),
       .note = absl::StrCat(
           "the last of ", rate.size(), ": start and fold ", Number(caught_up.fold), " s, stop ",
           Number(caught_up.stop), " s, flush ", Number(caught_up.flush), " s; ",
           Number(static_cast<double>(caught_up.memory.resident) / 1e6), " MB resident, ",
           Number(static_cast<double>(caught_up.memory.highest) / 1e6), " MB at most")});
  bench->parse = Median(parse);
  bench->parse_cpu_us = Median(parse_cpu);
}

void MeasureCatchUp(Bench* bench) {
  MeasureFold(kCatchUp, 0.05, 0.12, bench);
  Figure published = bench->publish_batch;
  published.floor_name = "PARSE";
  published.floor = bench->parse;
  published.ratio = published.number / published.floor;
  published.floor_cpu_us = bench->parse_cpu_us;
  bench->report.Add(published);
}

}  // namespace carnet::bench
