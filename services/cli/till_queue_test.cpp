// The till's file: whatever moment it ends at, what was said to be queued is there, once.
#include "cli/till_queue.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {
namespace {

using log::v1::TillQueueLine;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TillQueueTest : public testing::Test {
 protected:
  TillQueueTest() { std::filesystem::remove(path_); }
  ~TillQueueTest() override { std::filesystem::remove(path_); }

  void Add(const std::vector<std::string>& ids, const std::string& actor = "") {
    TillQueueLine line;
    for (const std::string& id : ids) {
      line.add_added()->set_id(id);
      line.mutable_added(line.added_size() - 1)->set_actor(actor);
    }
    ASSERT_TRUE(AppendToTillQueue(path_, line).ok());
  }
  void Answer(const std::string& id, v1::OutcomeStatus status,
              v1::OutcomeStatus first = v1::OUTCOME_STATUS_UNSPECIFIED) {
    TillQueueLine line;
    auto* answer = line.add_answered();
    answer->set_id(id);
    answer->mutable_result()->mutable_token()->set_offset(7);
    answer->mutable_result()->mutable_outcome()->set_status(status);
    answer->mutable_result()->mutable_outcome()->set_first_status(first);
    ASSERT_TRUE(AppendToTillQueue(path_, line).ok());
  }
  void Refuse(const std::string& id, absl::StatusCode code) {
    TillQueueLine line;
    line.add_answered()->set_id(id);
    runtime::ToRpcStatus(Error(code, "BECAUSE", "it is so", "change.body"),
                         line.mutable_answered(0)->mutable_result()->mutable_error());
    ASSERT_TRUE(AppendToTillQueue(path_, line).ok());
  }

  // "id state", in order; or the reason why not.
  std::vector<std::string> Entries() const {
    const auto entries = LoadTillQueue(path_);
    if (!entries.ok()) return {ReasonOf(entries.status())};
    std::vector<std::string> texts;
    for (const TillEntry& entry : *entries)
      texts.push_back(absl::StrCat(entry.change.id(), " ",
                                   entry.state == TillState::kWaiting   ? "waiting"
                                   : entry.state == TillState::kCounted ? "counted"
                                                                        : "refused"));
    return texts;
  }
  std::string Bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

  const std::string path_ =
      testing::TempDir() + absl::StrCat("till_queue_test.", getpid(), ".jsonl");
};

using enum v1::OutcomeStatus;

TEST_F(TillQueueTest, WhatIsAddedWaitsUntilItIsAnsweredForGood) {
  EXPECT_THAT(Entries(), IsEmpty()) << "no file yet";
  Add({"a", "b", "c"});
  Add({"d"});
  Add({"e", "f", "g", "h", "i"});
  Answer("a", OUTCOME_STATUS_APPLIED);
  Answer("b", OUTCOME_STATUS_REJECTED);
  Answer("c", OUTCOME_STATUS_DUPLICATE, OUTCOME_STATUS_APPLIED);
  Answer("d", OUTCOME_STATUS_DUPLICATE, OUTCOME_STATUS_REJECTED);
  Refuse("e", absl::StatusCode::kInvalidArgument);
  Refuse("f", absl::StatusCode::kUnavailable);
  Refuse("g", absl::StatusCode::kPermissionDenied);
  Answer("h", OUTCOME_STATUS_DUPLICATE);
  Answer("i", OUTCOME_STATUS_DUPLICATE, OUTCOME_STATUS_DUPLICATE);
  Answer("nobody", OUTCOME_STATUS_APPLIED);
  EXPECT_THAT(Entries(),
              ElementsAre("a counted", "b refused", "c counted", "d refused", "e refused",
                          "f waiting", "g waiting", "h counted", "i counted"));
}

TEST_F(TillQueueTest, ALineThatWasTornIsNotThereAndHarmsNoOther) {
  Add({"a"});
  const size_t first = Bytes().size();
  Add({"b", "c"});
  const std::string whole = Bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    Write(whole.substr(0, size));
    const std::vector<std::string> left =
        size < first ? std::vector<std::string>() : std::vector<std::string>{"a waiting"};
    EXPECT_EQ(Entries(), left) << size;
    Add({"d"});
    std::vector<std::string> more = left;
    more.push_back("d waiting");
    EXPECT_EQ(Entries(), more) << size;
  }
}

TEST_F(TillQueueTest, ADamagedLineIsSaidAndNothingIsDoneWithIt) {
  Add({"a"});
  Add({"b"});
  std::string bytes = Bytes();
  bytes[bytes.find("\"id\"")] = '#';
  Write(bytes);
  EXPECT_THAT(Entries(), ElementsAre("QUEUE_DAMAGED"));
  EXPECT_EQ(ReasonOf(ShortenTillQueue(path_, 0)), "QUEUE_DAMAGED");
  EXPECT_EQ(Bytes(), bytes);
}

TEST_F(TillQueueTest, TheSameAddedAgainIsNoNewsAndACorrectionReplaces) {
  Add({"a", "b"});
  Add({"a"});
  EXPECT_THAT(Entries(), ElementsAre("a waiting", "b waiting"));
  Answer("a", OUTCOME_STATUS_APPLIED);
  Add({"a"});
  EXPECT_THAT(Entries(), ElementsAre("a counted", "b waiting"));
  Refuse("b", absl::StatusCode::kInvalidArgument);
  Add({"b"}, "corrected");
  EXPECT_THAT(Entries(), ElementsAre("a counted", "b waiting"));
}

TEST_F(TillQueueTest, OfTwoThingsUnderOneIdTheFirstIsSentAndTheOtherToldOf) {
  Add({"a"});
  Add({"a"}, "another");
  Add({"a"}, "another");
  EXPECT_THAT(Entries(), ElementsAre("a waiting", "a refused"));
  Answer("a", OUTCOME_STATUS_APPLIED);
  EXPECT_THAT(Entries(), ElementsAre("a counted", "a refused"));
  TillQueueLine line;
  line.add_dropped("a");
  ASSERT_TRUE(AppendToTillQueue(path_, line).ok());
  EXPECT_THAT(Entries(), ElementsAre("a counted")) << "what counts can't be dropped";
  Add({"a"}, "a third");
  // Once the first is forgotten here, the server knows whose id it is.
  ASSERT_TRUE(ShortenTillQueue(path_, 0).ok());
  EXPECT_THAT(Entries(), ElementsAre("a waiting"));
}

TEST_F(TillQueueTest, ShortenedItForgetsOnlyWhatCounts) {
  Add({"a", "b", "c", "d"});
  Answer("a", OUTCOME_STATUS_APPLIED);
  Answer("b", OUTCOME_STATUS_REJECTED);
  Answer("d", OUTCOME_STATUS_APPLIED);
  ASSERT_TRUE(ShortenTillQueue(path_, 2).ok());
  EXPECT_EQ(Entries().size(), 4U);
  ASSERT_TRUE(ShortenTillQueue(path_, 1).ok());
  EXPECT_THAT(Entries(), ElementsAre("b refused", "c waiting"));
}

TEST_F(TillQueueTest, NobodysLineIsLostWhenManyWriteAndOneShortens) {
  constexpr int kEach = 200;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([this, writer] {
      for (int i = 0; i < kEach; ++i) {
        Add({absl::StrCat(writer, "-", i, "-done"), absl::StrCat(writer, "-", i)});
        Answer(absl::StrCat(writer, "-", i, "-done"), OUTCOME_STATUS_APPLIED);
      }
    });
  }
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(ShortenTillQueue(path_, 0).ok());
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(ShortenTillQueue(path_, 0).ok());
  EXPECT_EQ(Entries().size(), 3U * kEach);
}

TEST_F(TillQueueTest, AFolderThatIsMissingIsSaid) {
  TillQueueLine line;
  line.add_dropped("b");
  EXPECT_EQ(ReasonOf(AppendToTillQueue("/nowhere/queue", line)), "QUEUE_UNUSABLE");
}

}  // namespace
}  // namespace carnet::cli
