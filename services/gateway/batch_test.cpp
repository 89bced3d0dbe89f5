// PublishBatch over a real socket.
#include <string>
#include <vector>

#include "google/rpc/status.pb.h"
#include <grpcpp/generic/generic_stub.h>

#include "gateway/test_gateway.h"

namespace carnet::gateway {
namespace {

TEST_F(GatewayTest, ABatchIsAnsweredInOrderAndABadChangeBlocksNoOther) {
  StartEmbedded();
  grpc::ClientContext context;
  auto stream = stub_->PublishBatch(&context);
  v1::PublishBatchRequest request;
  *request.add_changes() = Sale("A");
  *request.add_changes() = Sale("B");
  request.mutable_changes(1)->set_merchant("");
  *request.add_changes() = Sale("C", "other-shop");
  *request.add_changes() = Contact("c-2", "Jeanne");
  ASSERT_TRUE(stream->Write(request));
  v1::PublishBatchRequest second;
  second.set_wait(true);
  *second.add_changes() = Sale("D");
  *second.add_changes() = request.changes(0);
  ASSERT_TRUE(stream->Write(second));
  stream->WritesDone();

  v1::PublishBatchResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_TRUE(response.results(0).has_token());
  EXPECT_EQ(ReasonOf(runtime::FromRpcStatus(response.results(1).error())), "NAME_MALFORMED");
  EXPECT_TRUE(response.results(2).has_token());
  EXPECT_TRUE(response.results(3).has_token());
  EXPECT_GT(response.results(3).token().offset(), response.results(0).token().offset());
  EXPECT_FALSE(response.results(0).has_outcome());
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(0).outcome().voucher_code(), "D");
  EXPECT_EQ(response.results(1).outcome().status(), v1::OUTCOME_STATUS_DUPLICATE);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(IdsInLog().size(), 5u);
}

// Sends bytes that the generated stub would refuse to make.
TEST_F(GatewayTest, AChangeOfABatchThatCantBeReadBlocksNoOther) {
  StartEmbedded();
  v1::PublishBatchRequest request;
  *request.add_changes() = Sale("A");
  *request.add_changes() = Sale("BAD!");
  *request.add_changes() = Sale("C");
  std::string bytes = request.SerializeAsString();
  bytes[bytes.find("BAD!") + 3] = '\xff';

  grpc::GenericStub stub(channel_);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  auto call = stub.PrepareCall(&context, "/carnet.v1.ChangeService/PublishBatch", &queue);
  const auto next = [&] {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return ok;
  };
  call->StartCall(nullptr);
  ASSERT_TRUE(next());
  grpc::Slice slice(bytes);
  call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
  ASSERT_TRUE(next());
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  ASSERT_TRUE(next());
  grpc::Slice whole;
  ASSERT_TRUE(answer.DumpToSingleSlice(&whole).ok());
  v1::PublishBatchResponse response;
  ASSERT_TRUE(response.ParseFromArray(whole.begin(), static_cast<int>(whole.size())));
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_TRUE(response.results(0).has_token());
  const absl::Status bad = runtime::FromRpcStatus(response.results(1).error());
  EXPECT_EQ(ReasonOf(bad), "INVALID_UTF8");
  EXPECT_EQ(FieldOf(bad), "change.body.posting.code");
  EXPECT_TRUE(response.results(2).has_token());
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  EXPECT_TRUE(status.ok());
}

TEST_F(GatewayTest, AStreamKeepsItsOrder) {
  StartEmbedded();
  grpc::ClientContext context;
  auto stream = stub_->PublishBatch(&context);
  std::vector<std::string> sent;
  for (int message = 0; message < 50; ++message) {
    v1::PublishBatchRequest request;
    for (int i = 0; i < 20; ++i) {
      // Some need a key to be kept first, which must not let others overtake them.
      *request.add_changes() = i % 7 == 0 ? Contact(absl::StrCat("c-", message, "-", i), "Jeanne")
                                          : Sale(absl::StrCat("S-", message, i));
      sent.push_back(request.changes(i).id());
    }
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  v1::PublishBatchResponse response;
  int64_t last = 0;
  while (stream->Read(&response)) {
    for (const auto& result : response.results()) {
      EXPECT_EQ(result.token().offset(), ++last + 1);  // after the manifest
    }
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(IdsInLog(), sent);
}

}  // namespace
}  // namespace carnet::gateway
