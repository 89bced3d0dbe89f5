// carnet dead-letters: what could not be folded, and what a channel had delivered.
#include <string>

#include "absl/strings/str_cat.h"

#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/delivery_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/position.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

// Where a record stands that has no id to be found by.
std::string PlaceText(const v1::DeadLetter& letter) {
  return letter.has_position() ? PositionText(letter.position()) : "";
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ListDeadLetters& command) {
  Table table({{"RECORDED AT"},
               {"REASON"},
               {"DETAIL"},
               {"CHANGE"},
               {"POSITION"},
               {"CAME AGAIN", Align::kRight}});
  const auto add = [&](const v1::DeadLetter& letter) {
    if (session.json()) {
      session.Print(ToJson(letter) + "\n");
    } else {
      table.Add({TimeText(letter.recorded_at()), letter.reason(), letter.detail(),
                 letter.change_id(), PlaceText(letter), absl::StrCat(letter.duplicates())});
    }
    return absl::OkStatus();
  };
  const auto letters = [](const auto& page) { return page.dead_letters(); };
  absl::Status status;
  if (command.untrusted) {
    status = ForEachOnPages(session, &v1::AdminService::Stub::ListDeadLetters,
                            v1::ListDeadLettersRequest(), command.limit, letters, add);
  } else {
    const auto merchant = session.Merchant();
    if (!merchant.ok()) return merchant.status();
    v1::ListUnusableDeliveriesRequest request;
    request.set_merchant(*merchant);
    status = ForEachOnPages(session, &v1::DeliveryService::Stub::ListUnusableDeliveries, request,
                            command.limit, letters, add);
  }
  if (!status.ok()) return status;
  if (!session.json()) session.Print(table.empty() ? "No dead letters.\n" : table.Render());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ShowDeadLetter& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::GetUnusableDeliveryRequest request;
  request.set_merchant(*merchant);
  request.set_change_id(command.change_id);
  const auto found = Call(session, &v1::DeliveryService::Stub::GetUnusableDelivery, request);
  if (!found.ok()) return found.status();
  if (session.json()) {
    session.Print(ToJson(*found) + "\n");
  } else if (command.raw) {
    session.Print(found->body());
  } else {
    const v1::DeadLetter& letter = found->dead_letter();
    session.Print(absl::StrCat(letter.reason(), ": ", letter.detail(), "\n", found->channel(), "/",
                               found->source(), found->topic().empty() ? "" : " ", found->topic(),
                               ", ", TimeText(letter.recorded_at()), ", ", found->body().size(),
                               " bytes", found->body_gone() ? " (not readable any more)" : "",
                               "\n"));
    if (!found->body().empty()) {
      session.Print(absl::StrCat("\n", PrintableBytes(found->body()), "\n"));
    }
  }
  if (!found->body_gone()) return ExitCode::kDone;
  session.Say("the body can't be read any more: its key was deleted");
  return ExitCode::kRefused;
}

}  // namespace carnet::cli
