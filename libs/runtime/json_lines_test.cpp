#include "runtime/json_lines.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "carnet/v1/change_service.pb.h"
#include "runtime/grpc_status.h"

namespace carnet::runtime {
namespace {

// Which reason each line is refused with; the id of each change that was read.
std::vector<std::string> Read(const std::vector<std::string_view>& lines) {
  v1::PublishBatchRequest batch;
  const std::vector<absl::Status> statuses = ReadJsonLines(lines, &batch);
  EXPECT_EQ(statuses.size(), lines.size());
  EXPECT_EQ(batch.changes_size(), static_cast<int>(lines.size()));
  EXPECT_FALSE(batch.wait());
  std::vector<std::string> read;
  for (size_t i = 0; i < lines.size(); ++i) {
    const v1::Change& change = batch.changes(static_cast<int>(i));
    read.push_back(statuses[i].ok() ? change.id() : ReasonOf(statuses[i]));
    if (!statuses[i].ok()) {
      EXPECT_EQ(change.ByteSizeLong(), 0U);
    }
  }
  return read;
}

using Expected = std::vector<std::string>;

TEST(JsonLines, AreReadWhateverStandsBesideThem) {
  EXPECT_EQ(Read({R"({"id":"1"})", R"( {"id":"2","externalId":"x"} )", "\t{\"id\": \"3\"}\r",
                  R"({"id":"}{,\"]"})", R"({})"}),
            (Expected{"1", "2", "3", "}{,\"]", ""}));
}

TEST(JsonLines, TwoBrokenOnesDontBecomeAWholeOne) {
  EXPECT_EQ(Read({R"({"id":"1")", R"("merchant":"m"})", R"({"id":"3"})"}),
            (Expected{"UNPARSABLE", "UNPARSABLE", "3"}));
  EXPECT_EQ(Read({R"({"id":"1"}],"wait":true,"changes":[{})", R"({"id":"2"})"}),
            (Expected{"UNPARSABLE", "2"}));
  EXPECT_EQ(Read({R"({"id":"1"},{"id":"2"})", R"({"id":"3"} {"id":"4"})", R"({"id":"5)", "}"}),
            (Expected{"UNPARSABLE", "UNPARSABLE", "UNPARSABLE", "UNPARSABLE"}));
  EXPECT_EQ(Read({R"({'id':'}],"wait":true,"changes":[{'})", R"({"id":"2"})"}),
            (Expected{"UNPARSABLE", "2"}));
  EXPECT_EQ(Read({R"({])", R"([})", R"({"id":"3"})"}), (Expected{"UNPARSABLE", "UNPARSABLE", "3"}));
}

TEST(JsonLines, EachIsRefusedForItsOwnReason) {
  EXPECT_EQ(
      Read({R"({"id":1})", R"({"nonsense":1})", R"({"id":"3"})", R"(7)", R"(null)", "", R"(["id"])",
            R"({"intent":"INTENT_OF_NOBODY"})", R"({"id":"9",})", "{\"id\":\"\xff\"}"}),
      (Expected{"UNPARSABLE", "UNKNOWN_FIELD", "3", "UNPARSABLE", "UNPARSABLE", "UNPARSABLE",
                "UNPARSABLE", "UNPARSABLE", "9", "UNPARSABLE"}));
}

TEST(JsonLines, ManyBadOnesAreToldApart) {
  std::vector<std::string> texts;
  Expected expected;
  for (int i = 0; i < 300; ++i) {
    const bool bad = i % 7 == 3 || i > 280;
    texts.push_back(bad ? R"({"nonsense":1})" : "{\"id\":\"" + std::to_string(i) + "\"}");
    expected.push_back(bad ? "UNKNOWN_FIELD" : std::to_string(i));
  }
  EXPECT_EQ(Read({texts.begin(), texts.end()}), expected);
}

TEST(JsonLines, NoNumberPassesThroughAFloatingPointNumber) {
  const auto minor = [](std::string_view number) {
    v1::PublishBatchRequest batch;
    const std::string line =
        "{\"body\":{\"set_debt\":{\"target\":{\"minor\":" + std::string(number) + "}}}}";
    const std::vector<std::string_view> lines = {line};
    const auto statuses = ReadJsonLines(lines, &batch);
    return statuses[0].ok() ? std::to_string(batch.changes(0).body().set_debt().target().minor())
                            : ReasonOf(statuses[0]);
  };
  EXPECT_EQ(minor("9007199254740993"), "9007199254740993");
  EXPECT_EQ(minor("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(minor("\"9007199254740993\""), "9007199254740993");
  for (const std::string_view number :
       {"9007199254740993.0", "1e2", "12.50", "9223372036854775808", "\"9007199254740993.0\"",
        "\"1e2\"", "18446744073709551616", "1E400", "01", "--1"}) {
    EXPECT_EQ(minor(number), "UNPARSABLE") << number;
  }
}

TEST(JsonLines, DeepOnesEndInTime) {
  std::string deep = "{\"body\":";
  for (int i = 0; i < 200'000; ++i) deep += "[";
  for (int i = 0; i < 200'000; ++i) deep += "]";
  EXPECT_EQ(Read({deep + "}", R"({"id":"2"})"}), (Expected{"UNPARSABLE", "2"}));
}

TEST(JsonLines, ResultsAreWhatProtobufWrites) {
  v1::PublishBatchResponse response;
  EXPECT_EQ(WriteJsonLines(response), "");
  response.add_results()->mutable_token()->set_offset(7);
  ToRpcStatus(Error(absl::StatusCode::kInvalidArgument, "UNPARSABLE", "it's \"{]\", no"),
              response.add_results()->mutable_error());
  response.add_results();
  const std::string lines = WriteJsonLines(response);
  size_t at = 0;
  for (const auto& result : response.results()) {
    const size_t end = lines.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    v1::PublishResult read;
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(lines.substr(at, end - at), &read).ok());
    EXPECT_EQ(read.SerializeAsString(), result.SerializeAsString());
    at = end + 1;
  }
  EXPECT_EQ(at, lines.size());
}

}  // namespace
}  // namespace carnet::runtime
