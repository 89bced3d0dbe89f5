// What is read and written directly must be what protobuf makes of it.
#include "runtime/json_direct.h"

#include <random>

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "carnet/v1/change.pb.h"

namespace carnet::runtime {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageDifferencer;

// Whether it was taken; then it must be what protobuf reads.
bool IsTaken(const std::string& text) {
  v1::Change mine;
  if (!ReadJsonDirectly(text, &mine)) return false;
  v1::Change theirs;
  const auto status = JsonStringToMessage(text, &theirs, {});
  EXPECT_TRUE(status.ok()) << text << status;
  EXPECT_TRUE(MessageDifferencer::Equals(mine, theirs)) << text << mine.DebugString();
  return true;
}

TEST(JsonDirect, TakesWhatTillsSend) {
  EXPECT_TRUE(IsTaken("{}"));
  EXPECT_TRUE(IsTaken(" {\"id\" : \"1\" ,\t\"utc_offset_minutes\":-120} "));
  EXPECT_TRUE(IsTaken(
      R"({"id":"0196dd0e-8b00-7109-852f-578ba74e14cf","merchant":"shop","externalId":"C\n\"1\"\/\\",)"
      R"("occurred_at":"2025-05-17T07:04:00.25+02:00","utcOffsetMinutes":"120","intent":"INTENT_FACT",)"
      R"("body":{"posting":{"kind":"VOUCHER_KIND_SALE","code":"T\u00e9\u20ac","total":{"unit":"EUR",)"
      R"("minor":"9007199254740993"},"tenders":[{"method":"TENDER_METHOD_CARD","amount":{"minor":12}},)"
      R"({}],"contact":{"contact":{"emails":[{"plain":"é@x"}],"tags":["a","b"],"phones":[]}}}}})"));
}

TEST(JsonDirect, LeavesTheRestToProtobuf) {
  for (const char* text : {"",
                           "{",
                           "[]",
                           "7",
                           "null",
                           "{}x",
                           "{} {}",
                           R"({"id":1})",
                           R"({"id":null})",
                           R"({"id":"1",})",
                           R"({'id':'1'})",
                           R"({id:"1"})",
                           R"({"id":"1" "merchant":"2"})",
                           R"({"id":"1","id":"2"})",
                           R"({"nonsense":1})",
                           R"({"intent":1})",
                           R"({"intent":"X"})",
                           R"({"utc_offset_minutes":1.0})",
                           R"({"utc_offset_minutes":1e2})",
                           R"({"utc_offset_minutes":3000000000})",
                           R"({"utc_offset_minutes":01})",
                           R"({"utc_offset_minutes":"1 "})",
                           R"({"utc_offset_minutes":+1})",
                           R"({"utc_offset_minutes":})",
                           R"({"occurred_at":"noon"})",
                           R"({"occurred_at":{"seconds":1}})",
                           R"({"body":{"set_debt":{},"reversal":{}}})",
                           R"({"body":[]})",
                           R"({"id":"\ud83d\ude00"})",
                           R"({"id":"\ud83d"})",
                           R"({"id":"\u12"})",
                           R"({"id":"\x"})",
                           R"({"id":"\)",
                           R"({"id":"1)",
                           "{\"id\":\"\x01\"}",
                           "{\"id\":\"\xff\"}",
                           "{\"id\":\"\xc0\x80\"}",
                           R"({"body":{"posting":{"tenders":{}}}})",
                           R"({"body":{"posting":{"tenders":[null]}}})"}) {
    v1::Change change;
    EXPECT_FALSE(ReadJsonDirectly(text, &change)) << text;
  }
}

// Fills a message with anything, deeper and deeper.
class Filler {
 public:
  explicit Filler(uint32_t seed) : random_(seed) {}

  void Fill(Message* message, int depth) {
    const auto* access = message->GetReflection();
    for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message->GetDescriptor()->field(i);
      if (Number(3) != 0) continue;
      const int count = field->is_repeated() ? static_cast<int>(Number(3)) : 1;
      for (int j = 0; j < count; ++j) Set(message, *access, field, depth);
    }
  }

 private:
  uint32_t Number(uint32_t below) { return static_cast<uint32_t>(random_() % below); }

  std::string Text() {
    static const char* const kPieces[] = {"a", "Z9", " ", "é", "€", "\"", "\\", "\n", "😀", "<&>"};
    std::string text;
    for (uint32_t i = Number(6); i > 0; --i) text += kPieces[Number(10)];
    return text;
  }

  void Set(Message* message, const google::protobuf::Reflection& access,
           const FieldDescriptor* field, int depth) {
    const bool many = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        if (depth > 6 || field->message_type()->file()->package() == "google.protobuf") return;
        Fill(many ? access.AddMessage(message, field) : access.MutableMessage(message, field),
             depth + 1);
        return;
      }
      case FieldDescriptor::CPPTYPE_STRING:
        many ? access.AddString(message, field, Text()) : access.SetString(message, field, Text());
        return;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto* type = field->enum_type();
        const auto* value =
            type->value(static_cast<int>(Number(static_cast<uint32_t>(type->value_count()))));
        many ? access.AddEnum(message, field, value) : access.SetEnum(message, field, value);
        return;
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!many) access.SetBool(message, field, Number(2) == 0);
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        if (!many) access.SetInt64(message, field, static_cast<int64_t>(random_()));
        return;
      case FieldDescriptor::CPPTYPE_UINT64:
        if (!many) access.SetUInt64(message, field, random_());
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        if (!many) access.SetInt32(message, field, static_cast<int32_t>(random_()));
        return;
      case FieldDescriptor::CPPTYPE_UINT32:
        if (!many) access.SetUInt32(message, field, static_cast<uint32_t>(random_()));
        return;
      default:
        return;
    }
  }

  std::mt19937_64 random_;
};

TEST(JsonDirect, AnyMessageIsReadAndWrittenAsByProtobuf) {
  int taken = 0;
  int written = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    v1::Change change;
    Filler(seed).Fill(&change, 0);
    if (seed % 2 == 0) change.mutable_occurred_at()->set_seconds(1779953400 + seed);
    std::string text;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(change, &text).ok());
    taken += IsTaken(text) ? 1 : 0;
    // A byte that is not as it was: whatever is taken, protobuf takes to the same.
    std::string broken = text;
    broken[seed * 7919 % broken.size()] = "\"{}[],:0a\\"[seed % 11];
    IsTaken(broken);
    IsTaken(text.substr(0, seed % (text.size() + 1)));

    std::string mine = "before";
    if (!WriteJsonDirectly(change, &mine)) {
      EXPECT_EQ(mine, "before");
      continue;
    }
    ++written;
    v1::Change again;
    ASSERT_TRUE(JsonStringToMessage(mine.substr(6), &again, {}).ok()) << mine;
    EXPECT_TRUE(MessageDifferencer::Equals(change, again)) << mine;
  }
  EXPECT_GT(taken, 500);
  EXPECT_GT(written, 100);
}

}  // namespace
}  // namespace carnet::runtime
