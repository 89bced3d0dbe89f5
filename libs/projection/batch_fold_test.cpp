// Records to rows: one outcome for every record, equal bytes whatever the batches, stops that keep
// what is before them.
#include "projection/batch_fold.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/error.h"
#include "base/partition.h"
#include "event_log/quarantine.h"
#include "projection/log_helpers_test.h"
#include "projection/refold.h"

namespace carnet::projection {
namespace {

using carnet::log::v1::LogRecord;
using carnet::log::v1::UntrustedRecordRow;
using event_log::Record;
using testing::ElementsAre;

class BatchFoldTest : public testing::Test {
 protected:
  std::unique_ptr<view_store::ViewStore> NewStore() {
    auto store =
        view_store::OpenViewStore(absl::StrCat(folder_.path(), "/", ++stores_), SmallStore());
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  int64_t End() { return log_->EndOffset(0).value(); }

  TempFolder folder_;
  int stores_ = 0;
  std::unique_ptr<event_log::SimulatedLog> log_ = NewLog();
};

std::vector<std::string> Verdicts(const view_store::ViewStore& store) {
  std::vector<std::string> verdicts;
  store.snapshot()->ScanUntrusted(1'000'000, [&](int64_t offset, const UntrustedRecordRow& row) {
    verdicts.push_back(absl::StrCat(offset, " ", row.reason()));
    return true;
  });
  return verdicts;
}

TEST_F(BatchFoldTest, EqualBytesWhateverTheBatches) {
  Append(log_.get(), 0, SomeRecords(3000));
  std::vector<KeySpaceDigest> digests;
  for (const size_t batch : {1000, 1, 37, 3001}) {
    const auto store = NewStore();
    ASSERT_TRUE(FoldInto(log_.get(), 0, End(), store.get(), batch).ok());
    EXPECT_EQ(store->position().offset(), 3001);
    digests.push_back(DigestOf(*store));
  }
  EXPECT_GT(digests[0].rows, 3000u);
  for (const KeySpaceDigest& digest : digests) {
    EXPECT_EQ(digest.rows, digests[0].rows);
    EXPECT_EQ(digest.sha256, digests[0].sha256);
  }
}

TEST_F(BatchFoldTest, EqualBytesWhereverItWasStoppedAndByWhicheverThreadItWasWritten) {
  Append(log_.get(), 0, SomeRecords(1000));
  const auto whole = NewStore();
  ASSERT_TRUE(FoldInto(log_.get(), 0, End(), whole.get(), 1000).ok());

  const std::string path = absl::StrCat(folder_.path(), "/resumed");
  for (const int64_t up_to : {1, 2, 300, 301, 640, 1001}) {
    auto store = view_store::OpenViewStore(path, SmallStore());
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(FoldInto(log_.get(), 0, up_to, store->get(), 64).ok());
    EXPECT_EQ((*store)->position().offset(), up_to);
    if (up_to == 1001) {
      EXPECT_EQ(DigestOf(**store), DigestOf(*whole));
    }
  }

  const auto here = NewStore();
  BatchFold fold(log_->identity(), 0, here.get());
  auto cursor = log_->Read(0, 0).value();
  while (fold.position() < End()) {
    const auto records = cursor->Next(50, 1 << 20, absl::Now() + kPatience).value();
    const auto mode = fold.position() % 3 == 0 ? WriteMode::kHere : WriteMode::kBeside;
    ASSERT_EQ(fold.Fold(records, mode).value(), records.size());
  }
  fold.Finish();
  EXPECT_EQ(DigestOf(*here), DigestOf(*whole));
}

TEST_F(BatchFoldTest, EveryRecordHasOneOutcome) {
  auto with_unknown_field = [](LogRecord record) {
    record.GetReflection()->MutableUnknownFields(&record)->AddVarint(99, 1);
    return record.SerializeAsString();
  };
  LogRecord change;
  *change.mutable_change() = Sale("shop", 3);
  LogRecord malformed;
  *malformed.mutable_change() = Sale("No Name", 4);
  LogRecord manifest;
  manifest.mutable_manifest()->set_partition(0);

  Append(log_.get(), 0, Sale("shop", 1));                               // 1: applied
  Append(log_.get(), 0, Sale("shop", 1));                               // 2: duplicate
  Append(log_.get(), 0, Sale("shop", 1, 2000));                         // 3: ID_REUSED
  Append(log_.get(), 0, {{"shop", "\xff\xff garbage"}});                // 4
  Append(log_.get(), 0, {{"shop", ""}});                                // 5: an empty record
  Append(log_.get(), 0, {{"other", RecordOf(Sale("shop", 2)).value}});  // 6
  Append(log_.get(), 0, {{"No Name", malformed.SerializeAsString()}});  // 7
  Append(log_.get(), 0, {{"shop", with_unknown_field(LogRecord())}});   // 8
  Append(log_.get(), 0, {{"", manifest.SerializeAsString()}});          // 9
  Append(log_.get(), 0, {{"shop", with_unknown_field(change)}});  // 10: a dead letter of the shop
  auto missing = Sale("shop", 5);
  missing.clear_body();
  Append(log_.get(), 0, missing);          // 11: the same
  Append(log_.get(), 0, Sale("shop", 6));  // 12: applied, behind them all

  const auto store = NewStore();
  BatchFold fold(log_->identity(), 0, store.get());
  auto cursor = log_->Read(0, 0).value();
  const auto records = cursor->Next(100, 1 << 20, absl::Now() + kPatience).value();
  ASSERT_EQ(records.size(), 13u);
  ASSERT_EQ(fold.Fold(records).value(), 13u);
  EXPECT_EQ(fold.counts().applied, 2u);
  EXPECT_EQ(fold.counts().duplicates, 1u);
  EXPECT_EQ(fold.counts().rejected, 1u);
  EXPECT_EQ(fold.counts().dead_letters, 8u);
  EXPECT_THAT(Verdicts(*store), ElementsAre("9 UNPARSABLE", "8 UNKNOWN_FIELD", "7 NAME_MALFORMED",
                                            "6 MERCHANT_MISMATCH", "5 UNPARSABLE", "4 UNPARSABLE"));
  int letters = 0;
  store->snapshot()->Scan(domain::Family::kDeadLetters, "",
                          [&](std::string_view, std::string_view) {
                            ++letters;
                            return true;
                          });
  EXPECT_EQ(letters, 2);
}

TEST_F(BatchFoldTest, AChangeOfAnotherPartitionIsAVerdictNotARow) {
  log_ = NewLog(4);
  const std::string merchant = "shop";
  const int32_t home = PartitionOf(merchant, 4);
  const int32_t other = (home + 1) % 4;
  Append(log_.get(), other, Sale(merchant, 1));
  const auto store = NewStore();
  ASSERT_TRUE(FoldInto(log_.get(), other, 2, store.get(), 10).ok());
  EXPECT_THAT(Verdicts(*store), ElementsAre("1 WRONG_PARTITION"));
  EXPECT_EQ(DigestOf(*store).rows, 0u);
}

TEST_F(BatchFoldTest, AStopKeepsWhatIsBeforeItAndNothingElse) {
  Append(log_.get(), 0, Sale("shop", 1));
  auto newer = Sale("shop", 2);
  newer.set_rules_version(1000);
  Append(log_.get(), 0, newer);
  Append(log_.get(), 0, Sale("shop", 3));
  const auto store = NewStore();
  const absl::Status stop = FoldInto(log_.get(), 0, End(), store.get(), 10);
  EXPECT_EQ(ReasonOf(stop), "RULES_TOO_NEW");
  EXPECT_EQ(store->position().offset(), 2);

  const auto until_there = NewStore();
  ASSERT_TRUE(FoldInto(log_.get(), 0, 2, until_there.get(), 10).ok());
  EXPECT_EQ(DigestOf(*store), DigestOf(*until_there));
}

TEST_F(BatchFoldTest, OnlyTheRecordThatWasDecidedOnIsTakenOut) {
  for (int i = 1; i <= 3; ++i) Append(log_.get(), 0, Sale("shop", i));
  auto cursor = log_->Read(0, 2).value();
  const auto second = cursor->Next(1, 1 << 20, absl::Now() + kPatience).value().at(0);
  auto entry = event_log::MakeQuarantineEntry(log_->identity(), 0, second);
  entry.set_record_hash(std::string(16, 'x'));  // of what another log had there
  const auto store = NewStore();
  {
    BatchFold fold(log_->identity(), 0, store.get());
    ASSERT_TRUE(fold.SetQuarantine({entry}).ok());
    cursor = log_->Read(0, 0).value();
    const auto records = cursor->Next(10, 1 << 20, absl::Now() + kPatience).value();
    EXPECT_EQ(fold.Fold(records, WriteMode::kHere).value(), 2u);  // what is before it
    const std::span rest = std::span(records).subspan(2);
    EXPECT_EQ(ReasonOf(fold.Fold(rest, WriteMode::kHere).status()), "QUARANTINE_DIFFERS");
  }
  EXPECT_EQ(store->position().offset(), 2) << "nothing is skipped";

  entry.set_record_hash(event_log::RecordHash(second.key, second.value));
  ASSERT_TRUE(log_->AddToQuarantine(entry).ok());
  ASSERT_TRUE(FoldInto(log_.get(), 0, End(), store.get(), 10).ok());
  EXPECT_THAT(store->position().quarantined(), ElementsAre(2));
}

TEST_F(BatchFoldTest, TheSealIsTheEnd) {
  Append(log_.get(), 0, Sale("shop", 1));
  LogRecord seal;
  seal.mutable_log_sealed();
  Append(log_.get(), 0, {{"", seal.SerializeAsString()}});
  const auto store = NewStore();
  ASSERT_TRUE(FoldInto(log_.get(), 0, End(), store.get(), 1).ok());
  EXPECT_EQ(store->position().offset(), 3);
  EXPECT_TRUE(FoldInto(log_.get(), 0, End(), store.get(), 1).ok()) << "again: nothing to do";
}

}  // namespace
}  // namespace carnet::projection
