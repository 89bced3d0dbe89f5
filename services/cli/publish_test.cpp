// Publishing against a server that answers as it is told.
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/strings/str_cat.h"
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "cli/advice.h"
#include "cli/publish_report.h"
#include "cli/publish_stream.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {
namespace {

constexpr char kLog[] = "0196dd0c-b640-74e1-9bbb-52825cc4d701";

// Accepts every change but those of which the external id is a reason: they are refused with it.
class FakeServer final : public v1::ChangeService::Service {
 public:
  FakeServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status PublishBatch(grpc::ServerContext* context,
                            grpc::ServerReaderWriter<v1::PublishBatchResponse,
                                                     v1::PublishBatchRequest>* stream) override {
    v1::PublishBatchRequest request;
    for (int messages = 0; stream->Read(&request); ++messages) {
      if (messages == breaks_after) {
        return runtime::ToGrpcStatus(
            Error(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "going down"));
      }
      if (messages == silent_after) {
        while (!context->IsCancelled()) stream->Read(&request);
        return grpc::Status::CANCELLED;
      }
      sizes.push_back(request.changes_size());
      stream->Write(Answer(request));
    }
    return grpc::Status::OK;
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  int breaks_after = -1;  // messages
  int silent_after = -1;
  std::vector<int> sizes;  // of the messages; to be read when the stream has ended

 private:
  v1::PublishBatchResponse Answer(const v1::PublishBatchRequest& request) {
    v1::PublishBatchResponse response;
    for (const v1::Change& change : request.changes()) {
      v1::PublishResult* result = response.add_results();
      if (!change.external_id().empty()) {
        runtime::ToRpcStatus(Error(absl::StatusCode::kInvalidArgument, change.external_id(),
                                   "it is bad", "change.body"),
                             result->mutable_error());
        continue;
      }
      result->mutable_token()->set_log(kLog);
      result->mutable_token()->set_offset(++offset_);
    }
    return response;
  }

  int port_ = 0;
  int64_t offset_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

std::string WriteLines(const std::string& name, const std::vector<std::string>& lines) {
  std::string path = testing::TempDir() + name;
  std::ofstream file(path, std::ios::binary);
  for (const std::string& line : lines) file << line << "\n";
  return path;
}

std::string Good(int number) {
  return absl::StrCat("{\"id\":\"", number, "\",\"merchant\":\"shop\"}");
}

std::vector<std::string> GoodLines(int count) {
  std::vector<std::string> lines;
  lines.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) lines.push_back(Good(i));
  return lines;
}

struct Published {
  absl::Status status;
  std::vector<std::string> lines;  // "number verdict"
  PublishReport report;
};

Published Publish(const FakeServer& server, const std::string& file, int chunk,
                  absl::Duration timeout = absl::Seconds(30)) {
  CommonOptions options;
  options.address = server.address();
  options.timeout = timeout;
  const auto session = Session::Make(options);
  auto lines = LineReader::Open({file});
  Published published;
  published.status = PublishLines(
      *session, lines->get(), {.wait = false, .chunk = chunk}, [&](const PublishedLine& line) {
        published.report.Add(line);
        const LineVerdict verdict = VerdictOf(line);
        published.lines.push_back(absl::StrCat(line.number, " ", verdict.outcome,
                                               verdict.reason.empty() ? "" : " ", verdict.reason));
      });
  return published;
}

TEST(Publish, ResultsComeInTheOrderOfTheLinesAndABadOneBlocksNoOther) {
  FakeServer server;
  const std::string file = WriteLines(
      "mixed.jsonl",
      {Good(1), "not json", Good(2), "", R"({"id":"3","external_id":"AMOUNT_PRECISION"})",
       R"({"nonsense":1})", Good(4), Good(5), R"({"id":"6","utc_offset_minutes":1.2e2})"});
  const Published published = Publish(server, file, /*chunk=*/3);
  EXPECT_TRUE(published.status.ok()) << published.status;
  EXPECT_EQ(published.lines,
            (std::vector<std::string>{"1 accepted", "2 refused UNPARSABLE", "3 accepted",
                                      "5 refused AMOUNT_PRECISION", "6 refused UNKNOWN_FIELD",
                                      "7 accepted", "8 accepted", "9 refused UNPARSABLE"}));
  EXPECT_TRUE(published.report.any_refused());
  EXPECT_EQ(published.report.positions().at("shop").offset(), 4) << "the last one";
  EXPECT_EQ(published.report.Text(), absl::StrCat("OUTCOME   REASON            CHANGES\n"
                                                  "accepted                          4\n"
                                                  "refused   AMOUNT_PRECISION        1\n"
                                                  "refused   UNKNOWN_FIELD           1\n"
                                                  "refused   UNPARSABLE              2\n"
                                                  "reads see all of it with --min-position ",
                                                  kLog, ":0:4\n"));
}

TEST(Publish, ManyMessagesAreInFlightAndChunksKeepTheirLimit) {
  FakeServer server;
  const std::vector<std::string> lines = GoodLines(1000);
  const Published published = Publish(server, WriteLines("many.jsonl", lines), /*chunk=*/7);
  EXPECT_TRUE(published.status.ok()) << published.status;
  ASSERT_EQ(published.lines.size(), 1000U);
  for (size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(published.lines[i], absl::StrCat(i + 1, " accepted"));
  }
  EXPECT_EQ(*std::max_element(server.sizes.begin(), server.sizes.end()), 7);
  EXPECT_FALSE(published.report.any_refused());
}

TEST(Publish, AChangeThatIsTooLargeIsRefusedHereAsTheServerWouldEndTheStream) {
  FakeServer server;
  const std::string file = WriteLines(
      "large.jsonl", {Good(1), "{\"actor\":\"" + std::string(5 << 20, 'x') + "\"}", Good(2)});
  const Published published = Publish(server, file, 100);
  EXPECT_TRUE(published.status.ok()) << published.status;
  EXPECT_EQ(published.lines,
            (std::vector<std::string>{"1 accepted", "2 refused RECORD_TOO_LARGE", "3 accepted"}));
}

TEST(Publish, MessagesStayUnderTheServersLimit) {
  FakeServer server;
  std::vector<std::string> lines(5, "{\"actor\":\"" + std::string(3 << 20, 'x') + "\"}");
  const Published published = Publish(server, WriteLines("heavy.jsonl", lines), 100);
  EXPECT_TRUE(published.status.ok()) << published.status;
  EXPECT_EQ(server.sizes, (std::vector<int>{1, 1, 1, 1, 1}));
}

TEST(Publish, AfterABrokenStreamItIsSaidHowManyAreUnknown) {
  FakeServer server;
  server.breaks_after = 2;
  const std::vector<std::string> lines = GoodLines(30);
  const Published published = Publish(server, WriteLines("broken.jsonl", lines), 5);
  EXPECT_EQ(ReasonOf(published.status), "SHUTTING_DOWN") << published.status;
  EXPECT_EQ(published.lines.size(), 10U) << "two messages of five were answered";
  EXPECT_NE(published.status.message().find("changes were sent without an answer"),
            absl::string_view::npos)
      << published.status;
}

TEST(Publish, AServerThatFallsSilentIsNotWaitedForForEver) {
  FakeServer server;
  server.silent_after = 1;
  const std::string file = WriteLines("silent.jsonl", {Good(1), Good(2), Good(3)});
  const Published published = Publish(server, file, 1, absl::Milliseconds(200));
  EXPECT_EQ(published.status.code(), absl::StatusCode::kDeadlineExceeded) << published.status;
  EXPECT_EQ(published.lines, std::vector<std::string>{"1 accepted"});
}

PublishedLine WithOutcome(v1::OutcomeStatus status, v1::OutcomeStatus first, const char* flag) {
  PublishedLine line{.file = "pos.jsonl", .number = 7, .change_id = "id", .merchant = "shop"};
  line.result.mutable_token()->set_log(kLog);
  auto* outcome = line.result.mutable_outcome();
  outcome->set_status(status);
  outcome->set_first_status(first);
  if (flag) outcome->add_flags(flag);
  return line;
}

TEST(Report, OutcomesAreSummedUpByStatusReasonAndFlags) {
  PublishReport report;
  using enum v1::OutcomeStatus;
  report.Add(WithOutcome(OUTCOME_STATUS_APPLIED, OUTCOME_STATUS_UNSPECIFIED, nullptr));
  report.Add(WithOutcome(OUTCOME_STATUS_APPLIED, OUTCOME_STATUS_UNSPECIFIED, nullptr));
  report.Add(WithOutcome(OUTCOME_STATUS_APPLIED, OUTCOME_STATUS_UNSPECIFIED, "CODE_REUSED"));
  report.Add(WithOutcome(OUTCOME_STATUS_DUPLICATE, OUTCOME_STATUS_APPLIED, nullptr));
  EXPECT_FALSE(report.any_refused());
  PublishedLine rejected =
      WithOutcome(OUTCOME_STATUS_REJECTED, OUTCOME_STATUS_UNSPECIFIED, nullptr);
  rejected.result.mutable_outcome()->set_reason("ID_REUSED");
  rejected.result.mutable_outcome()->set_detail("publish this under a new id");
  report.Add(rejected);
  EXPECT_TRUE(report.any_refused());
  EXPECT_EQ(report.Text().substr(0, report.Text().find("reads")),
            "OUTCOME               REASON     FLAGS        CHANGES\n"
            "APPLIED                                             2\n"
            "APPLIED                          CODE_REUSED        1\n"
            "DUPLICATE of APPLIED                                1\n"
            "REJECTED              ID_REUSED                     1\n");
  EXPECT_EQ(LineText(rejected), "pos.jsonl:7: REJECTED ID_REUSED: publish this under a new id\n");
  EXPECT_EQ(
      LineJson(rejected),
      absl::StrCat(R"({"file":"pos.jsonl","line":7,"id":"id","result":{"token":{"log":")", kLog,
                   R"("},"outcome":{"status":"OUTCOME_STATUS_REJECTED","reason":"ID_REUSED",)",
                   R"("detail":"publish this under a new id"}}})", "\n"));
}

}  // namespace
}  // namespace carnet::cli
