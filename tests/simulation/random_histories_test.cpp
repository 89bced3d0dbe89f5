// Random histories: whatever happens to the log and to the processes that fold it, the views are
// what the log says, and the books are in order after every change.
//
// CARNET_SEED repeats a run; the message of a failure names the seed of the one history that failed
// (CARNET_SEED=… CARNET_HISTORIES=1). CARNET_HISTORIES asks for more of them, CARNET_CHANGES for
// longer or shorter ones.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include <gtest/gtest.h>

#include "base/fatal.h"
#include "domain/keys.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/bad_days.h"
#include "tests/simulation/history.h"
#include "tests/simulation/log_reading.h"
#include "tests/simulation/memory_views.h"
#include "tests/simulation/seeded_random.h"
#include "tests/simulation/stored_views.h"

namespace carnet::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kHistories = 40;
constexpr uint64_t kStoredHistories = 6;
#else
constexpr uint64_t kHistories = 400;
constexpr uint64_t kStoredHistories = 30;
#endif

class LiveMemoryViews final : public LiveViews {
 public:
  view_store::ViewStore* store() override { return &views_; }
  void BetweenBatches(Random* random) override {
    if (random->Chance(30)) before_ = views_;
  }
  // Power fails as often as a process is killed: then what was not synced is gone, from its end.
  void Crash(Random* random) override {
    if (random->Chance(50)) views_ = before_;
  }

 private:
  MemoryViews views_;
  MemoryViews before_;
};

// Folds a partition record by record, with an audit of the books after each. `counts`: how many
// records ended how.
std::string FoldWithAudit(event_log::EventLog* log, int32_t partition, KeySpace* key_space,
                          projection::OutcomeCounts* counts) {
  MemoryViews views;
  projection::BatchFold fold(log->identity(), partition, &views);
  const auto cursor = *log->Read(partition, 0);
  const int64_t end = *log->EndOffset(partition);
  while (cursor->position() < end) {
    const auto records = cursor->Next(1, 1, absl::Now() + absl::Seconds(30));
    CARNET_ASSERT(records.ok() && records->size() == 1);
    if (const auto folded = fold.Fold(*records); !folded.ok()) return folded.status().ToString();
    const std::string merchant(records->front().key);
    std::string wrong = CheckConservation(*views.snapshot(), merchant);
    if (!wrong.empty()) return wrong + " at offset " + std::to_string(cursor->position() - 1);
  }
  *counts = fold.counts();
  *key_space = KeySpaceOf(views);
  projection::OutcomeCounts in_rows;
  in_rows.dead_letters = key_space->untrusted.size();
  for (const std::string& merchant : MerchantsOf(*views.snapshot())) {
    const std::string wrong = CheckAll(*views.snapshot(), merchant, &in_rows);
    if (!wrong.empty()) return wrong;
  }
  const auto text = [](const projection::OutcomeCounts& c) {
    return std::to_string(c.applied) + " applied, " + std::to_string(c.duplicates) +
           " duplicates, " + std::to_string(c.rejected) + " rejected, " +
           std::to_string(c.dead_letters) + " dead letters";
  };
  if (text(in_rows) != text(*counts)) {
    return "outcomes: " + text(*counts) + "; in the rows: " + text(in_rows);
  }
  const uint64_t all =
      counts->applied + counts->duplicates + counts->rejected + counts->dead_letters;
  if (all != static_cast<uint64_t>(end) - 1) return "a record without outcome, or with two";
  return {};
}

struct Totals {
  uint64_t records = 0;
  projection::OutcomeCounts counts;
  // How often each reason and flag came.
  std::map<std::string, uint64_t> names;

  void Add(const projection::OutcomeCounts& more, const KeySpace& key_space);
};

void Totals::Add(const projection::OutcomeCounts& more, const KeySpace& key_space) {
  counts.applied += more.applied;
  counts.duplicates += more.duplicates;
  counts.rejected += more.rejected;
  counts.dead_letters += more.dead_letters;
  for (const auto& [key, value] : key_space.rows) {
    carnet::log::v1::ChangeRow change;
    carnet::log::v1::DeadLetterRow letter;
    if (key.first == domain::Family::kChanges && change.ParseFromString(value)) {
      if (change.reuses() > 0) ++names["ID_REUSED"];
      if (change.number() == 0) continue;
      if (!change.reason().empty()) ++names["rejected " + change.reason()];
      for (const std::string& flag : change.flags()) ++names["flag " + flag];
    } else if (key.first == domain::Family::kDeadLetters && letter.ParseFromString(value)) {
      ++names["dead letter " + letter.reason()];
    }
  }
  for (const auto& [offset, value] : key_space.untrusted) {
    carnet::log::v1::UntrustedRecordRow row;
    if (row.ParseFromString(value)) ++names["untrusted " + row.reason()];
  }
}

// Compares what lived through bad days with the log alone. Empty if all is well.
std::string CompareWithLog(BadDays* days, Random* random, Totals* totals) {
  const auto log = days->OpenLog();
  KeySpace live_rows;
  for (int32_t partition = 0; partition < days->partition_count(); ++partition) {
    const KeySpace live = KeySpaceOf(days->views(partition));
    KeySpace audited;
    projection::OutcomeCounts counts;
    std::string wrong = FoldWithAudit(log.get(), partition, &audited, &counts);
    if (!wrong.empty()) return wrong;
    totals->records += static_cast<uint64_t>(*log->EndOffset(partition)) - 1;
    totals->Add(counts, audited);
    wrong = DifferenceOf(live, audited);
    if (!wrong.empty()) return "live against refold: " + wrong;
    const KeySpace batched = KeySpaceOf(
        FreshFold(log.get(), partition, *log->EndOffset(partition), 1 + random->Below(200)));
    wrong = DifferenceOf(batched, audited);
    if (!wrong.empty()) return "large batches against single records: " + wrong;
    AddRows(days->views(partition), &live_rows);
  }
  for (const auto& [merchant, id] : days->acknowledged()) {
    const auto key = domain::ChangeKey(merchant, *Uuid::FromBytes(id));
    if (!live_rows.rows.contains({domain::Family::kChanges, key})) {
      return "an acknowledged change of " + merchant + " that has no outcome";
    }
  }
  const auto other_count = static_cast<int32_t>(random->Between(1, 7));
  const auto copy = Rekeyed(log.get(), other_count, random);
  KeySpace rekeyed;
  for (int32_t partition = 0; partition < other_count; ++partition) {
    AddRows(FreshFold(copy.get(), partition, *copy->EndOffset(partition), 50), &rekeyed);
  }
  const std::string wrong = DifferenceOf(live_rows, rekeyed);
  if (!wrong.empty()) return "live against re-keyed: " + wrong;
  return {};
}

std::string LiveThrough(uint64_t seed, uint64_t changes, int32_t most_partitions,
                        const MakeViews& make_views, Totals* totals) {
  Random random(seed);
  History history(&random);
  BadDays days(&random, {.partitions = static_cast<int32_t>(random.Between(1, most_partitions))},
               make_views);
  const std::string wrong = days.Live(&history, changes);
  return wrong.empty() ? CompareWithLog(&days, &random, totals) : wrong;
}

uint64_t DrawLength(uint64_t seed) {
  return FromEnvironment("CARNET_CHANGES", 20 + Random(seed).Below(200));
}

void Print(const Totals& totals) {
  std::printf("%llu records: %llu applied, %llu duplicates, %llu rejected, %llu dead letters\n",
              static_cast<unsigned long long>(totals.records),
              static_cast<unsigned long long>(totals.counts.applied),
              static_cast<unsigned long long>(totals.counts.duplicates),
              static_cast<unsigned long long>(totals.counts.rejected),
              static_cast<unsigned long long>(totals.counts.dead_letters));
  for (const auto& [name, count] : totals.names) {
    std::printf("  %s: %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  }
}

TEST(RandomHistories, LiveIsRefoldIsRekeyed) {
  const uint64_t seed = RunSeed();
  const MakeViews in_memory = [](int32_t) { return std::make_unique<LiveMemoryViews>(); };
  Totals totals;
  for (uint64_t i = 0; i < FromEnvironment("CARNET_HISTORIES", kHistories); ++i) {
    const std::string wrong = LiveThrough(seed + i, DrawLength(seed + i), 4, in_memory, &totals);
    if (wrong.empty()) continue;
    // The same history, but shorter: easier to look at.
    uint64_t shortest = 1;
    Totals ignored;
    while (shortest < DrawLength(seed + i) &&
           LiveThrough(seed + i, shortest, 4, in_memory, &ignored).empty()) {
      ++shortest;
    }
    FAIL() << wrong << "\nrepeat it by CARNET_SEED=" << seed + i
           << " CARNET_HISTORIES=1; the shortest that fails: CARNET_CHANGES=" << shortest;
  }
  Print(totals);
  // Histories in which nothing happens would hold every promise.
  EXPECT_GT(totals.counts.applied, 2 * totals.counts.dead_letters);
  EXPECT_GT(totals.counts.duplicates, 0u);
  EXPECT_GT(totals.counts.rejected, 0u);
}

TEST(RandomHistories, StoredViewsAreRefoldAfterEveryReopening) {
  const uint64_t seed = RunSeed();
  Totals totals;
  for (uint64_t i = 0; i < FromEnvironment("CARNET_STORED_HISTORIES", kStoredHistories); ++i) {
    const StoredViewsFolder folder;
    const MakeViews stored = [&](int32_t partition) { return folder.Open(partition); };
    const std::string wrong = LiveThrough(seed + i, DrawLength(seed + i), 2, stored, &totals);
    ASSERT_EQ(wrong, "") << "repeat it by CARNET_SEED=" << seed + i << " CARNET_STORED_HISTORIES=1";
  }
  Print(totals);
}

}  // namespace
}  // namespace carnet::simulation
