#include "cli/till_changes.h"

#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "carnet/v1/contact.pb.h"
#include "carnet/v1/ledger.pb.h"

namespace carnet::cli {
namespace {

// "on-account": TENDER_METHOD_ON_ACCOUNT.
std::string EnumName(std::string_view prefix, std::string_view word) {
  return absl::StrCat(std::string(prefix),
                      absl::AsciiStrToUpper(absl::StrReplaceAll(std::string(word), {{"-", "_"}})));
}

void SetContact(const Till& command, v1::ContactObserved* observed) {
  v1::Contact* const contact = observed->mutable_contact();
  if (!command.name.empty()) contact->mutable_name()->mutable_full()->set_plain(command.name);
  if (!command.phone.empty()) contact->add_phones()->set_plain(command.phone);
  if (!command.email.empty()) contact->add_emails()->set_plain(command.email);
}

absl::Status AddTender(std::string_view written, v1::Posting* posting) {
  const size_t sign = written.find('=');
  v1::TenderMethod method = v1::TENDER_METHOD_UNSPECIFIED;
  if (sign == std::string_view::npos ||
      !v1::TenderMethod_Parse(EnumName("TENDER_METHOD_", written.substr(0, sign)), &method) ||
      method == v1::TENDER_METHOD_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(written),
                     " is no tender: write cash=10.00, or another of card, "
                     "transfer, cheque, direct-debit, wallet, "
                     "cash-on-delivery, on-account"));
  }
  v1::Tender* const tender = posting->add_tenders();
  tender->set_method(method);
  tender->mutable_amount()->set_decimal(std::string(written.substr(sign + 1)));
  return absl::OkStatus();
}

absl::Status SetPosting(const Till& command, v1::Posting* posting) {
  v1::VoucherKind kind = v1::VOUCHER_KIND_UNSPECIFIED;
  if (!v1::VoucherKind_Parse(EnumName("VOUCHER_KIND_", command.kind), &kind))
    return absl::InvalidArgumentError(absl::StrCat(command.kind, " is no kind of voucher"));
  posting->set_kind(kind);
  posting->set_code(command.code);
  posting->mutable_total()->set_unit(command.unit);
  posting->mutable_total()->set_decimal(command.total);
  for (const std::string& tender : command.tenders) {
    if (absl::Status added = AddTender(tender, posting); !added.ok()) return added;
  }
  if (command.tenders.empty()) {
    if (absl::Status added = AddTender("cash=" + command.total, posting); !added.ok()) return added;
  }
  const bool names = !command.name.empty() || !command.phone.empty() || !command.email.empty();
  if (names) SetContact(command, posting->mutable_contact());
  return absl::OkStatus();
}

void SetTime(absl::Time time, v1::Change* change) {
  const int64_t micros = absl::ToUnixMicros(time);
  change->mutable_occurred_at()->set_seconds(micros / 1'000'000);
  change->mutable_occurred_at()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

}  // namespace

Uuid NewChangeId(absl::Time now) {
  std::string bytes(Uuid::Random().bytes());
  const int64_t millis = absl::ToUnixMillis(now);
  for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<char>(millis >> (40 - 8 * i) & 0xff);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x70);
  return *Uuid::FromBytes(bytes);
}

absl::StatusOr<v1::Change> ChangeOf(const Till& command) {
  v1::Change change;
  change.set_channel(command.channel);
  change.set_source(command.source);
  change.set_external_id(command.customer);
  change.set_actor(command.actor);
  change.set_intent(v1::INTENT_FACT);
  if (!command.at.empty()) {
    absl::Time time;
    std::string why;
    if (!absl::ParseTime(absl::RFC3339_full, command.at, &time, &why)) {
      return absl::InvalidArgumentError(
          absl::StrCat(command.at, " is no time: write 2026-05-28T09:30:00+02:00 (", why, ")"));
    }
    SetTime(time, &change);
  }
  if (command.verb == Till::Verb::kContact) {
    SetContact(command, change.mutable_body()->mutable_contact_observed());
  } else if (absl::Status set = SetPosting(command, change.mutable_body()->mutable_posting());
             !set.ok()) {
    return set;
  }
  return change;
}

void Complete(const std::string& merchant, absl::Time now, v1::Change* change) {
  if (change->id().empty()) change->set_id(NewChangeId(now).ToString());
  if (change->merchant().empty()) change->set_merchant(merchant);
  if (!change->has_occurred_at()) SetTime(now, change);
}

}  // namespace carnet::cli
