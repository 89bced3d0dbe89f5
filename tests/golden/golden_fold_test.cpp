// The golden log, folded by this release: outcomes and rows are what they were, byte for byte.
#include <string>

#include "absl/strings/escaping.h"
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/fatal.h"
#include "base/sha256.h"
#include "domain/fold.h"
#include "event_log/simulated/simulated_log.h"
#include "projection/record_check.h"
#include "projection/refold.h"
#include "tests/golden/golden_files.h"
#include "tests/simulation/memory_views.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::golden {
namespace {

using event_log::Record;

// "3 golden-a APPLIED NATURAL_KEY S-1", a line a record.
std::string Outcomes(const std::vector<Record>& records, const event_log::Identity& identity) {
  domain::EmptyReader nothing;
  domain::Overlay state(nothing);
  google::protobuf::Arena arena;
  std::string text;
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& [key, value] = records[i];
    const projection::CheckedRecord checked = projection::CheckRecord(
        {.offset = static_cast<int64_t>(i) + 1, .key = key, .value = value}, identity, 0, &arena);
    text += std::to_string(i + 1) + " " + key;
    carnet::v1::Outcome outcome;
    if (checked.kind == projection::RecordKind::kChange) {
      EXPECT_TRUE(domain::FoldChange(checked.record->change(), &state, &outcome).ok());
    } else if (checked.kind == projection::RecordKind::kDeadLetter) {
      domain::FoldDeadLetter(checked.record->change(), checked.reason, checked.detail, &state,
                             &outcome);
    } else {
      text += " UNTRUSTED " + std::string(checked.reason) + "\n";
      continue;
    }
    text += " " + carnet::v1::OutcomeStatus_Name(outcome.status())
                      .substr(std::string("OUTCOME_STATUS_").size());
    if (!outcome.reason().empty()) text += " " + outcome.reason();
    for (const std::string& flag : outcome.flags()) text += " " + flag;
    if (!outcome.voucher_code().empty()) text += " " + outcome.voucher_code();
    text += "\n";
  }
  return text;
}

// "entries 17 <SHA-256>", a line a family.
std::string Digests(const view_store::ViewStore& store) {
  uint64_t rows[domain::kFamilyCount] = {};
  std::string bytes[domain::kFamilyCount];
  store.ForEachRow([&](domain::Family family, std::string_view key, std::string_view value) {
    const auto index = static_cast<size_t>(family);
    ++rows[index];
    AppendBigEndian32(static_cast<uint32_t>(key.size()), &bytes[index]);
    bytes[index].append(key);
    AppendBigEndian32(static_cast<uint32_t>(value.size()), &bytes[index]);
    bytes[index].append(value);
  });
  std::string text;
  for (size_t i = 0; i < domain::kFamilyCount; ++i) {
    text += std::string(domain::FamilyName(static_cast<domain::Family>(i))) + " " +
            std::to_string(rows[i]) + " " + absl::BytesToHexString(Sha256(bytes[i])) + "\n";
  }
  return text;
}

// A log of one partition that holds them.
std::unique_ptr<event_log::EventLog> LogOf(std::vector<Record> records) {
  auto log = std::make_unique<event_log::SimulatedLog>(
      std::make_shared<event_log::SimulatedDisk>(1, /*seed=*/1),
      event_log::SimulatedLog::Options{});
  for (Record& record : records) {
    log->Append(0, {std::move(record)},
                [](const absl::StatusOr<int64_t>& offset) { CARNET_ASSERT(offset.ok()); });
  }
  return log;
}

TEST(GoldenLog, FoldsToTheCommittedRows) {
  const std::vector<Record> records = LoggedRecords();
  const auto log = LogOf(records);
  simulation::MemoryViews views;
  ASSERT_TRUE(projection::FoldInto(log.get(), 0, *log->EndOffset(0), &views, 7).ok());
  const std::string now = Outcomes(records, log->identity()) + Digests(views);
  if (IsToWrite("expected")) {
    WriteGolden("expected.txt", now);
    GTEST_SKIP() << "expected.txt is written";
  }
  EXPECT_EQ(now, ReadGolden("expected.txt")) << "see README.md";

  const simulation::ScratchFolder folder;
  const auto stored =
      view_store::OpenViewStore(folder.path() + "/views", {.max_wal_bytes = uint64_t{1} << 20});
  ASSERT_TRUE(stored.ok()) << stored.status();
  ASSERT_TRUE(projection::FoldInto(log.get(), 0, *log->EndOffset(0), stored->get(), 1000).ok());
  (*stored)->Flush();
  EXPECT_EQ(Digests(**stored), Digests(views)) << "rows of a real store";
}

}  // namespace
}  // namespace carnet::golden
