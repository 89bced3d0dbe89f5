#include "gateway/router.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "google/protobuf/message.h"
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "access/rules.h"
#include "base/error.h"
#include "base/partition.h"
#include "carnet/v1/token.pb.h"
#include "gateway/projectors.h"
#include "runtime/grpc_status.h"
#include "runtime/guard.h"
#include "runtime/message_codec.h"

namespace carnet::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

constexpr char kGetStatus[] = "/carnet.v1.AdminService/GetStatus";

std::string TextField(const Message& message, const char* name) {
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->type() != FieldDescriptor::TYPE_STRING || field->is_repeated()) {
    return {};
  }
  return message.GetReflection()->GetString(message, field);
}

// Empty: the request names none.
std::string MerchantOf(const Message& request) {
  std::string merchant = TextField(request, "merchant");
  for (const char* field : {"name", "parent", "customer"}) {
    if (!merchant.empty()) break;
    const std::string name = TextField(request, field);
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, "merchants/")) continue;
    merchant = std::string(rest.substr(0, rest.find('/')));
  }
  return merchant;
}

// Which partition a request is about. PERMISSION_DENIED and UNAUTHENTICATED as the guard says;
// UNIMPLEMENTED for a method that nobody knows.
absl::StatusOr<int32_t> PartitionOfRequest(const grpc::GenericCallbackServerContext& context,
                                           const grpc::ByteBuffer& bytes, runtime::Guard* guard,
                                           int32_t partition_count) {
  // "/carnet.v1.LedgerService/GetBalance"
  const std::string& method = context.method();
  const std::string full_name = absl::StrReplaceAll(method.substr(1), {{"/", "."}});
  const auto* const known = DescriptorPool::generated_pool()->FindMethodByName(full_name);
  if (known == nullptr) {
    return Error(absl::StatusCode::kUnimplemented, "UNIMPLEMENTED",
                 absl::StrCat("there is no method ", method));
  }
  const access::Rule* const rule = access::RuleOf(*known->input_type());
  access::Caller caller;
  if (absl::Status status = guard->Admit(context, rule, &caller); !status.ok()) return status;
  const std::unique_ptr<Message> request(
      MessageFactory::generated_factory()->GetPrototype(known->input_type())->New());
  if (absl::Status parsed = runtime::ParseMessage(bytes, request.get()); !parsed.ok()) {
    return parsed;
  }
  if (absl::Status status = guard->Authorize(context, rule, *caller, request.get()); !status.ok()) {
    return status;
  }
  const std::string merchant = MerchantOf(*request);
  if (!merchant.empty()) return PartitionOf(merchant, partition_count);
  const FieldDescriptor* const named = request->GetDescriptor()->FindFieldByName("partition");
  if (named != nullptr && named->type() == FieldDescriptor::TYPE_INT32) {
    const int32_t partition = request->GetReflection()->GetInt32(*request, named);
    if (partition >= 0 && partition < partition_count) return partition;
  }
  const FieldDescriptor* const position = request->GetDescriptor()->FindFieldByName("min_position");
  if (position == nullptr || position->message_type() != v1::Token::descriptor()) return 0;
  v1::Token token;
  token.CopyFrom(request->GetReflection()->GetMessage(*request, position));
  return token.partition() >= 0 && token.partition() < partition_count ? token.partition() : 0;
}

// One call: the client's end and the projector's, each told by gRPC in a thread of its own. Lives
// until both are done with it.
class ForwardedCall final : public grpc::ServerGenericBidiReactor {
 public:
  ForwardedCall(grpc::GenericCallbackServerContext* context, Projectors* projectors,
                runtime::Guard* guard, int32_t partition_count, const v1::GetStatusResponse* status)
      : context_(context),
        projectors_(projectors),
        guard_(guard),
        partition_count_(partition_count),
        status_(status) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no request"));
    const auto partition = PartitionOfRequest(*context_, request_, guard_, partition_count_);
    if (!partition.ok()) return End(runtime::ToGrpcStatus(partition.status()));
    if (context_->method() == kGetStatus) return AnswerStatus();
    left_ = projectors_->For(*partition);
    TryNext(runtime::ToGrpcStatus(Projectors::NotServed(*partition)));
  }

  // The client has taken a message: the next one may come.
  void OnWriteDone(bool ok) override {
    if (ok) {
      upstream_->ReadNext();
    } else {
      upstream_->GiveUp();
    }
  }

  void OnCancel() override {
    cancelled_ = true;
    const std::lock_guard lock(mutex_);
    if (upstream_ != nullptr) upstream_->context.TryCancel();
  }

  void OnDone() override { DropReference(); }

 private:
  // The projector's end. Is gone when gRPC is done with it.
  class Upstream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    Upstream(ForwardedCall* call, std::shared_ptr<grpc::Channel> channel)
        : call_(call), stub_(std::move(channel)) {}

    void Start(const std::string& method, const grpc::ByteBuffer* request) {
      stub_.PrepareBidiStreamingCall(&context, method, {}, this);
      StartWriteLast(request, grpc::WriteOptions());
      StartRead(&response_);
      // So that reads can be asked for from the other end.
      AddHold();
      StartCall();
    }

    void ReadNext() { StartRead(&response_); }
    // Instead of ReadNext(): nobody takes messages any more.
    void GiveUp() {
      context.TryCancel();
      RemoveHold();
    }

    void OnReadDone(bool ok) override {
      if (!ok) return RemoveHold();
      answered_ = true;
      call_->StartWrite(&response_);
    }

    void OnDone(const grpc::Status& status) override { call_->UpstreamDone(status, answered_); }

    grpc::ClientContext context;

   private:
    ForwardedCall* const call_;
    grpc::GenericStub stub_;
    grpc::ByteBuffer response_;
    bool answered_ = false;
  };

  ~ForwardedCall() override = default;

  void AnswerStatus() {
    v1::GetStatusResponse status = *status_;
    projectors_->FillStatus(&status);
    response_ = runtime::SerializeMessage(status);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }

  // Asks the next projector, or ends with `last`.
  void TryNext(grpc::Status last) {
    if (cancelled_) return End(grpc::Status::CANCELLED);
    if (next_ == left_.size()) return End(std::move(last));
    auto upstream = std::make_unique<Upstream>(this, left_[next_++]);
    upstream->context.set_deadline(context_->deadline());
    // Whoever called is who they are there, too: what they may, and when a stream of theirs ends,
    // the projector says by the same keys.
    for (auto [at, end] = context_->client_metadata().equal_range("authorization"); at != end; ++at)
      upstream->context.AddMetadata("authorization", {at->second.data(), at->second.size()});
    references_.fetch_add(1);
    Upstream* const started = upstream.get();
    {
      const std::lock_guard lock(mutex_);
      upstream_ = std::move(upstream);
      if (cancelled_) upstream_->context.TryCancel();
    }
    started->Start(context_->method(), &request_);
  }

  void UpstreamDone(grpc::Status status, bool answered) {
    // A connection that failed says no reason.
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE && !answered &&
        status.error_details().empty()) {
      TryNext(std::move(status));
    } else {
      End(std::move(status));
    }
    DropReference();
  }

  void End(grpc::Status status) { Finish(std::move(status)); }

  void DropReference() {
    if (references_.fetch_sub(1) == 1) delete this;
  }

  grpc::GenericCallbackServerContext* const context_;
  Projectors* const projectors_;
  runtime::Guard* const guard_;
  const int32_t partition_count_;
  const v1::GetStatusResponse* const status_;
  std::atomic<int> references_ = 1;
  std::atomic<bool> cancelled_ = false;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::vector<std::shared_ptr<grpc::Channel>> left_;
  size_t next_ = 0;
  std::mutex mutex_;
  std::unique_ptr<Upstream> upstream_;  // set under mutex_
};

}  // namespace

class Router::Impl final : public grpc::CallbackGenericService {
 public:
  Impl(Projectors* projectors, runtime::Guard* guard, int32_t partition_count,
       v1::GetStatusResponse status)
      : projectors_(projectors),
        guard_(guard),
        partition_count_(partition_count),
        status_(std::move(status)) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new ForwardedCall(context, projectors_, guard_, partition_count_, &status_);
  }

 private:
  Projectors* const projectors_;
  runtime::Guard* const guard_;
  const int32_t partition_count_;
  const v1::GetStatusResponse status_;
};

Router::Router(Projectors* projectors, runtime::Guard* guard, int32_t partition_count,
               v1::GetStatusResponse status)
    : impl_(std::make_unique<Impl>(projectors, guard, partition_count, std::move(status))) {}

Router::~Router() = default;

grpc::CallbackGenericService* Router::service() { return impl_.get(); }

}  // namespace carnet::gateway
