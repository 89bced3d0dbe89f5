#include <string>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>

#include "carnet/v1/subscription_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {
namespace {

// How far the subscriber got.
class Cursor {
 public:
  // Of one message of the stream; whether it is an event.
  bool Advance(const v1::SubscribeResponse& message) {
    switch (message.message_case()) {
      case v1::SubscribeResponse::kEvent:
        Set(message.event().epoch(), message.event().sequence());
        return true;
      case v1::SubscribeResponse::kSnapshotEnd:
        Set(message.snapshot_end().epoch(), message.snapshot_end().sequence());
        return false;
      case v1::SubscribeResponse::kCheckpoint:
        Set(message.checkpoint().epoch(), message.checkpoint().sequence());
        return false;
      default:
        return false;
    }
  }

  // How to go on, or nothing before the snapshot was complete.
  std::string Text() const {
    if (!known_) return {};
    return absl::StrCat("go on with: carnet subscribe --from ", sequence_ + 1, " --epoch ", epoch_);
  }

 private:
  void Set(uint32_t epoch, uint64_t sequence) {
    known_ = true;
    epoch_ = epoch;
    sequence_ = sequence;
  }

  bool known_ = false;
  uint32_t epoch_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const Subscribe& command) {
  Interrupt interrupt;
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::SubscribeRequest request;
  request.set_merchant(*merchant);
  request.set_from_sequence(command.from);
  request.set_epoch(command.epoch);
  request.set_snapshot(command.snapshot);
  for (const std::string& kind : command.kinds) request.add_kinds(kind);
  SetMinPosition(session, &request);

  grpc::ClientContext context;  // no deadline: it ends when somebody ends it
  session.AddCredentials(&context);
  interrupt.Watch([&] { context.TryCancel(); });
  v1::SubscriptionService::Stub stub(session.channel());
  const auto stream = stub.Subscribe(&context, request);
  Cursor cursor;
  v1::SubscribeResponse message;
  int64_t events = 0;
  bool enough = false;
  while (!enough && stream->Read(&message)) {
    session.Print(ToJson(message) + "\n");
    if (cursor.Advance(message)) ++events;
    // At the end of each burst: a program that reads this should not wait for a full buffer.
    if (message.has_checkpoint() || message.has_snapshot_end()) session.Flush();
    enough = command.count > 0 && events >= command.count;
  }
  if (enough) context.TryCancel();
  const absl::Status status = runtime::FromGrpcStatus(stream->Finish());
  session.Flush();
  if (const std::string text = cursor.Text(); !text.empty()) session.Say(text);
  if (enough || interrupt.came()) return ExitCode::kDone;
  if (!status.ok()) return status;
  return ExitCode::kDone;
}

}  // namespace carnet::cli
