// carnet delivery: what channels delivered, kept as it came.
#include <string>

#include "absl/strings/str_cat.h"

#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/delivery_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/text_width.h"
#include "cli/words.h"

namespace carnet::cli {

absl::StatusOr<ExitCode> Run(const Session& session, const ShowDelivery& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::GetDeliveryRequest request;
  request.set_merchant(*merchant);
  request.set_change_id(command.change_id);
  const auto found = Call(session, &v1::DeliveryService::Stub::GetDelivery, request);
  if (!found.ok()) return found.status();
  if (session.json()) {
    session.Print(ToJson(*found) + "\n");
  } else if (command.raw) {
    session.Print(found->body());
  } else if (!found->body_gone()) {
    std::string text =
        absl::StrCat(found->channel(), "/", found->source(), ", ", TimeText(found->received_at()),
                     ", ", found->body().size(), " bytes\n");
    if (!found->topic().empty()) absl::StrAppend(&text, "topic: ", found->topic(), "\n");
    for (const v1::DeliveryHeader& header : found->headers())
      absl::StrAppend(&text, header.name(), ": ", header.value(), "\n");
    session.Print(PrintableBytes(absl::StrCat(text, "\n", found->body(), "\n")));
  }
  if (!found->body_gone()) return ExitCode::kDone;
  session.Say("the delivery can't be read any more: a key of it was deleted");
  return ExitCode::kRefused;
}

absl::StatusOr<ExitCode> Run(const Session& session, const DropDeliveries& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::PublishRequest request;
  request.set_wait(true);
  v1::Change* const change = request.mutable_change();
  change->set_id(Uuid::Random().ToString());
  change->set_merchant(*merchant);
  change->set_channel("back-office");
  change->set_source("cli");
  change->set_intent(v1::INTENT_REQUEST);
  change->mutable_body()->mutable_deliveries_dropped()->set_before_date(command.before);
  const auto published = Call(session, &v1::ChangeService::Stub::Publish, request);
  if (!published.ok()) return published.status();
  const v1::Outcome& outcome = published->outcome();
  if (session.json()) {
    session.Print(ToJson(outcome) + "\n");
  } else if (outcome.status() != v1::OUTCOME_STATUS_APPLIED) {
    session.Say(absl::StrCat(outcome.reason(), ": ", outcome.detail()));
  } else {
    session.Print(outcome.flags().empty() ? "Dropped.\n" : "Nothing of that time is kept.\n");
  }
  return outcome.status() == v1::OUTCOME_STATUS_APPLIED ? ExitCode::kDone : ExitCode::kRefused;
}

}  // namespace carnet::cli
