#include "tests/acceptance/access/every_method.h"

#include <chrono>
#include <fstream>
#include <iterator>

#include "absl/strings/str_split.h"
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include "base/fatal.h"
#include "base/uuid.h"
#include "carnet/v1/change_service.pb.h"
#include "runtime/grpc_status.h"

namespace carnet::acceptance {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

v1::Change Sale(const std::string& merchant) {
  v1::Change change;
  change.set_id(Uuid::Random().ToString());
  change.set_merchant(merchant);
  change.set_channel("pos");
  change.set_source("till-1");
  change.set_external_id("c-1");
  change.set_intent(v1::INTENT_FACT);
  auto* posting = change.mutable_body()->mutable_posting();
  posting->set_kind(v1::VOUCHER_KIND_SALE);
  posting->mutable_total()->set_unit("EUR");
  posting->mutable_total()->set_minor(500);
  auto* tender = posting->add_tenders();
  tender->set_method(v1::TENDER_METHOD_ON_ACCOUNT);
  tender->mutable_amount()->set_minor(500);
  return change;
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  CARNET_ASSERT(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// One call, driven step by step.
class Steps {
 public:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  }
  ~Steps() {
    queue.Shutdown();
    while (Next()) {
    }
  }
  grpc::CompletionQueue queue;
};

}  // namespace

Contract::Contract() : factory_(&pool_) {
  std::ifstream file(CARNET_PROTOSET, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  google::protobuf::FileDescriptorSet set;
  CARNET_ASSERT(set.ParseFromString(bytes));
  for (const auto& proto : set.file()) {
    const auto* built = pool_.BuildFile(proto);
    CARNET_ASSERT(built != nullptr);
    if (built->package() != "carnet.v1") continue;
    for (int s = 0; s < built->service_count(); ++s) {
      for (int m = 0; m < built->service(s)->method_count(); ++m) {
        const auto* descriptor = built->service(s)->method(m);
        auto rule = access::Rule::Of(*descriptor);
        if (!rule.ok()) Fatal(rule.status().message().data());
        methods_.push_back({.descriptor = descriptor,
                            .rule = *std::move(rule),
                            .declared = descriptor->options().GetExtension(v1::access)});
      }
    }
  }
}

const Method& Contract::Find(const std::string& name) const {
  for (const Method& method : methods_) {
    if (method.name() == name) return method;
  }
  Fatal("no method " + name);
}

std::string Contract::Request(const Method& method, const std::string& merchant,
                              const std::string& customer) const {
  const Descriptor* type = method.descriptor->input_type();
  const std::unique_ptr<Message> request(factory_.GetPrototype(type)->New());
  if (method.rule.each_change()) {
    const FieldDescriptor* found = nullptr;
    for (int i = 0; i < type->field_count(); ++i) {
      const auto* message = type->field(i)->message_type();
      if (message != nullptr && message->full_name() == "carnet.v1.Change") found = type->field(i);
    }
    CARNET_ASSERT(found != nullptr);
    const auto* reflection = request->GetReflection();
    Message* change = found->is_repeated() ? reflection->AddMessage(request.get(), found)
                                           : reflection->MutableMessage(request.get(), found);
    CARNET_ASSERT(change->ParseFromString(Sale(merchant).SerializeAsString()));
  }
  const bool resource = method.declared.merchant().empty();
  const std::string path =
      method.declared.resource() + method.declared.customer() + method.declared.merchant();
  Message* message = request.get();
  const std::vector<std::string> parts = absl::StrSplit(path, '.', absl::SkipEmpty());
  for (size_t i = 0; i < parts.size(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(parts[i]);
    if (i + 1 < parts.size()) {
      message = message->GetReflection()->MutableMessage(message, field);
    } else {
      message->GetReflection()->SetString(
          message, field, resource ? "merchants/" + merchant + "/customers/" + customer : merchant);
    }
  }
  return request->SerializeAsString();
}

absl::Status Contract::Call(const std::shared_ptr<grpc::Channel>& channel, const Method& method,
                            const std::string& credential, const std::string& request) const {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  if (!credential.empty()) context.AddMetadata("authorization", "Bearer " + credential);
  Steps steps;
  grpc::GenericStub stub(channel);
  const auto stream = stub.PrepareCall(
      &context, "/" + method.descriptor->service()->full_name() + "/" + method.name(),
      &steps.queue);
  stream->StartCall(nullptr);
  bool open = steps.Next();
  if (open) {
    const grpc::Slice slice(request);
    stream->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    steps.Next();
    grpc::ByteBuffer answer;
    stream->Read(&answer, nullptr);
    open = steps.Next();
    v1::PublishBatchResponse batch;
    if (open && method.name() == "PublishBatch" && batch.ParseFromString(Bytes(answer)) &&
        batch.results(0).has_error()) {
      context.TryCancel();
      grpc::Status ignored;
      stream->Finish(&ignored, nullptr);
      steps.Next();
      return runtime::FromRpcStatus(batch.results(0).error());
    }
    if (open && method.descriptor->server_streaming()) context.TryCancel();
  }
  grpc::Status status;
  stream->Finish(&status, nullptr);
  steps.Next();
  if (open && method.descriptor->server_streaming()) return absl::OkStatus();
  return runtime::FromGrpcStatus(status);
}

}  // namespace carnet::acceptance
