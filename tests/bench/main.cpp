// carnet_bench: how fast the shipped carnetd is, over sockets, with all roles on, against floors
// measured in the same run. tests/bench/run builds and starts it.
//
// One till day (till_day.h: 15 % contact changes, 55 % sales, 25 % receipts, 5 % set-debt; 50
// merchants, 200,000 customers, both by Zipf's law; 1 % delivered again) is published, folded,
// killed, folded again and read:
//
//   figure                   file                      measured as
//   PublishBatch             figure_publish_batch.cpp  one stream, durable answers, against PARSE
//   memory                   figure_publish_batch.cpp  resident, after that and the fold
//   start after kill -9      figure_restart.cpp        until health and a read answer
//   PARSE, catch-up          figure_catch_up.cpp       log into empty views until all is in files
//   GetBalance, GetCustomer  figure_reads.cpp          64 in flight, against an empty handler
//   authentication           figure_access.cpp         share of a GetBalance, with a key and
//   without Publish                  figure_publish.cpp        64 in flight, against one that only
//   syncs publish to visible       figure_visible.cpp        at 1,000/s
//
// With --cards instead, each on an empty log:
//
//   contacts folded          figure_cards.cpp          the till day's contact changes, against
//   PARSE import                   figure_import.cpp         CSV, against PublishBatch of the same
//   changes search p99               figure_cards.cpp          1,000,000 customers, against
//   GetCustomer's export                   figure_cards.cpp          CSV, against a scan of the
//   same rows
//
// With --identity instead, each on an empty log:
//
//   identity folded          figure_identity.cpp       contact changes of people whom several
//                                                      channels know, against PARSE
//   GetCustomer              figure_identity.cpp       of 10 members, against 1
//   erase                    figure_identity.cpp       until nobody can read it
//
// With --kafka instead, the log on one broker that this program starts (deploy/kafka):
//
//   PublishBatch, catch-up   as above; PARSE is FLOOR: consumed with librdkafka, and parsed
//   publish to visible       figure_kafka.cpp          gateway and projector apart, against raw
//                                                      produce to consume
//   log copy                 figure_kafka.cpp          `carnet log copy` to a folder, and back
//
// With --doors instead, HTTP; the last of them with the log on Kafka, and not with --quick:
//
//   signed orders            figure_orders.cpp         64 connections, durable answers, against
//                                                      Beast with a sync
//   answer p99               figure_orders.cpp         at 500/s; healthy, and without the log
//   till batch by HTTP       figure_till_batch.cpp     against PublishBatch of the same
//   idle connections         figure_idle.cpp           memory, in clear and by TLS
//
// The head of each file says from when to when its time runs. Client and server share the machine's
// cores, for the floors too. Beside the wall clock stands processor time, which other programs on
// the machine disturb less: `cpu us` of the server a change or call, and of its floor.
//
// Ends with 0 whatever the figures, with 1 if something failed: a call, a change that was not
// applied, a server that did not start or stop.

#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/machine.h"

namespace carnet::bench {
namespace {

Options ParseOptions(int argc, char** argv) {
  Options options;
  const std::string beside = std::filesystem::canonical("/proc/self/exe").parent_path();
  options.carnetd = beside + "/carnetd";
  options.carnet = beside + "/carnet";
  options.floor = beside + "/carnet_floor";
  options.http_floor = beside + "/carnet_http_floor";
  const auto quick = [&options](int64_t changes, double seconds) {
    options.changes = changes;
    options.rounds = 1;
    options.read_seconds = seconds;
    options.publish_calls = changes / 10;
    options.visible_calls = changes / 20;
    options.customers = changes / 4;
    options.import_rows = changes / 10;
    options.contacts = changes / 4;
    options.quick = true;
    options.orders = changes / 5;
    options.offline_sales = changes / 2;
    options.idle_connections = 200;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--quick") {
      quick(20'000, 0.5);
      continue;
    }
    if (flag == "--kafka") {
      options.kafka = true;
      continue;
    }
    if (flag == "--doors") {
      options.doors = true;
      continue;
    }
    if (flag == "--identity") {
      options.identity = true;
      continue;
    }
    if (flag == "--cards") {
      options.cards = true;
      continue;
    }
    Check(i + 1 < argc, "don't know " + flag + ", or its value is missing");
    const std::string value = argv[++i];
    if (flag == "--folder") {
      options.folder = value;
    } else if (flag == "--stream") {
      options.stream = value;
    } else if (flag == "--carnetd") {
      options.carnetd = value;
    } else if (flag == "--changes") {
      options.changes = std::stoll(value);
    } else if (flag == "--customers") {
      options.customers = std::stoll(value);
    } else if (flag == "--rounds") {
      options.rounds = std::stoi(value);
    } else if (flag == "--output") {
      Check(value == "json" || value == "table", "--output is table or json");
      options.json = value == "json";
    } else {
      Fail("don't know " + flag);
    }
  }
  Check(!options.folder.empty(), "give --folder, an empty folder on the disk to measure");
  Check(options.changes > 0 && options.rounds > 0, "--changes and --rounds are at least 1");
  return options;
}

void Run(const Options& options) {
  Bench bench(options);
  DescribeMachine(options.folder, &bench.report);
  const std::string load = LoadAverage();
  if (options.doors) {
    MeasureOrders(&bench);
    MeasureTillBatches(&bench);
    MeasureIdleConnections(&bench);
    if (!options.quick) MeasureAnswersWithoutLog(&bench);
    bench.report.AddFact("load", load + " before, " + LoadAverage() + " at the end");
    std::fputs((options.json ? bench.report.Json() : bench.report.Text()).c_str(), stdout);
    return;
  }
  if (options.cards) {
    MeasureContactsFolded(&bench);
    MeasureImport(&bench);
    MeasureManyCustomers(&bench);
    bench.report.AddFact("load", load + " before, " + LoadAverage() + " at the end");
    std::fputs((options.json ? bench.report.Json() : bench.report.Text()).c_str(), stdout);
    return;
  }
  if (options.identity) {
    MeasureIdentityFolded(&bench);
    MeasureCustomers(&bench);
    bench.report.AddFact("load", load + " before, " + LoadAverage() + " at the end");
    std::fputs((options.json ? bench.report.Json() : bench.report.Text()).c_str(), stdout);
    return;
  }
  if (options.kafka) {
    StartKafka(&bench);
    MeasurePublishBatch(&bench);
    MeasureCatchUp(&bench);
    MeasureVisibleApart(&bench);
    MeasureLogCopy(&bench);
    bench.report.AddFact("load", load + " before, " + LoadAverage() + " at the end");
    std::fputs((options.json ? bench.report.Json() : bench.report.Text()).c_str(), stdout);
    return;
  }
  MeasurePublishBatch(&bench);
  MeasureRestart(&bench);
  MeasureCatchUp(&bench);
  MeasureReads(&bench);
  MeasureAccess(&bench);
  MeasurePublish(&bench);
  MeasureVisible(&bench);
  bench.carnetd->Stop();
  bench.floor->Stop();
  bench.report.AddFact("load", load + " before, " + LoadAverage() + " at the end");
  std::fputs((options.json ? bench.report.Json() : bench.report.Text()).c_str(), stdout);
}

}  // namespace
}  // namespace carnet::bench

int main(int argc, char** argv) { carnet::bench::Run(carnet::bench::ParseOptions(argc, argv)); }
