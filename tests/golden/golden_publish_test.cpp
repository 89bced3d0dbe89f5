// What was published then, published now: the same ids, hashes, tokens, days; and what was sealed
// then is opened now.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/fatal.h"
#include "carnet/log/v1/log.pb.h"
#include "domain/customers/record.h"
#include "gateway/preparer.h"
#include "tests/golden/fixed_keys.h"
#include "tests/golden/golden_files.h"
#include "vault/key_ring.h"
#include "vault/normalize/phone.h"
#include "vault/opener.h"

namespace carnet::golden {
namespace {

using carnet::log::v1::LogRecord;
using event_log::Record;

// A minute passes between two changes.
class StepClock final : public gateway::Clock {
 public:
  int64_t NowMicros() override { return now_ += 60'000'000; }

 private:
  int64_t now_ = int64_t{1'777'626'000} * 1'000'000;  // 2026-05-01, nine o'clock in Paris
};

LogRecord Parsed(const Record& record) {
  LogRecord parsed;
  CARNET_ASSERT(parsed.ParseFromString(record.value));
  return parsed;
}

Record RecordOf(const LogRecord& record) {
  return {.key = record.change().merchant(), .value = record.SerializeAsString()};
}

// What others than our gateway, or a gateway on a bad day, may add.
void AddWhatNobodyShouldSend(std::vector<Record>* records) {
  const std::vector<Record> good = *records;
  records->push_back(good[1]);  // once more
  LogRecord reused = Parsed(good[2]);
  reused.mutable_change()->set_id(Parsed(good[1]).change().id());
  records->push_back(RecordOf(reused));
  LogRecord reinstalled = Parsed(good[3]);
  reinstalled.mutable_change()->set_id("a new id, 16 byt");
  records->push_back(RecordOf(reinstalled));
  LogRecord unbalanced = Parsed(good[11]);
  unbalanced.mutable_change()->set_id("unbalanced, 16 b");
  unbalanced.mutable_change()->mutable_body()->mutable_posting()->mutable_total()->set_minor(999);
  records->push_back(RecordOf(unbalanced));
  LogRecord unknown = Parsed(good[11]);
  unknown.mutable_change()->set_id("unknown field 16");
  unknown.GetReflection()->MutableUnknownFields(&unknown)->AddVarint(4711, 1);
  records->push_back(RecordOf(unknown));
  LogRecord inside = Parsed(good[11]);
  inside.mutable_change()->set_id("unknown inside16");
  carnet::log::v1::Change* change = inside.mutable_change();
  change->GetReflection()->MutableUnknownFields(change)->AddVarint(4711, 1);
  records->push_back(RecordOf(inside));
  records->push_back({.key = "golden-a", .value = "\xff\xff garbage"});
  records->push_back({.key = "golden-c", .value = good[4].value});
}

std::vector<Record> PublishedNow() {
  FixedKeys store;
  vault::KeyRing keys(&store);
  vault::PhoneNormalizer phones;
  StepClock clock;
  gateway::Merchants merchants(
      1,
      [](std::string_view merchant) {
        return merchant == "golden-b" ? gateway::MerchantSettings{"VN", 420}
                                      : gateway::MerchantSettings{"FR", 120};
      },
      &keys);
  const gateway::Preparer preparer(
      {.merchants = &merchants, .keys = &keys, .phones = &phones, .clock = &clock});
  std::vector<Record> records;
  for (carnet::v1::Change& change : Published()) {
    gateway::PreparedChange prepared;
    vault::NewKeys new_keys;
    const absl::Status status = preparer.Prepare(&change, &prepared, &new_keys);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(new_keys.empty());
    records.push_back(std::move(prepared.record));
  }
  AddWhatNobodyShouldSend(&records);
  return records;
}

// Boxes have a random nonce; all else is the same every time.
void DropBoxes(google::protobuf::Message* message) {
  if (auto* sealed = dynamic_cast<carnet::v1::Sealed*>(message)) sealed->clear_box();
  const auto* reflection = message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      DropBoxes(reflection->MutableMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      DropBoxes(reflection->MutableRepeatedMessage(message, field, i));
    }
  }
}

std::string TextWithoutBoxes(const Record& record) {
  LogRecord parsed;
  if (!parsed.ParseFromString(record.value)) return record.key + " unparsable";
  DropBoxes(&parsed);
  return record.key + " " + parsed.DebugString();
}

TEST(GoldenLog, PublishingAgainGivesTheSameRecords) {
  const std::vector<Record> now = PublishedNow();
  if (IsToWrite("log")) {
    WriteLoggedRecords(now);
    GTEST_SKIP() << "log.hex is written";
  }
  const std::vector<Record> golden = LoggedRecords();
  ASSERT_EQ(now.size(), golden.size());
  for (size_t i = 0; i < now.size(); ++i) {
    EXPECT_EQ(TextWithoutBoxes(now[i]), TextWithoutBoxes(golden[i])) << "record " << i + 1;
  }
}

// The plain values of all Personal fields of a body, in the order of their fields.
void AddValues(const google::protobuf::Message& message, std::vector<std::string>* values) {
  if (const auto* personal = dynamic_cast<const carnet::v1::Personal*>(&message)) {
    if (!personal->plain().empty()) values->push_back(personal->plain());
    return;
  }
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      AddValues(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                     : reflection->GetMessage(message, field),
                values);
    }
  }
}

TEST(GoldenLog, WhatWasSealedIsOpened) {
  const std::vector<carnet::v1::Change> published = Published();
  const std::vector<Record> golden = LoggedRecords();
  FixedKeys store;
  vault::KeyRing keys(&store);
  const vault::Opener opener(&keys);
  size_t opened_values = 0;
  for (size_t i = 0; i < published.size(); ++i) {
    carnet::log::v1::Change change = Parsed(golden[i]).change();
    std::vector<std::string> meant;
    AddValues(published[i].body(), &meant);
    const Uuid record_id = domain::SealedFor(change);
    const absl::Status status = opener.Open(change.merchant(), record_id, change.mutable_body());
    ASSERT_TRUE(status.ok()) << status;
    std::vector<std::string> opened;
    AddValues(change.body(), &opened);
    EXPECT_EQ(opened, meant) << "record " << i + 1;
    opened_values += opened.size();
  }
  EXPECT_GT(opened_values, 25u);
}

}  // namespace
}  // namespace carnet::golden
