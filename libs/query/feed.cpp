#include "query/feed.h"

#include "absl/strings/str_cat.h"
#include <google/protobuf/descriptor.h>

#include "base/civil_date.h"
#include "base/error.h"
#include "base/fatal.h"
#include "base/uuid.h"
#include "carnet/log/v1/feed_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/contact.pb.h"
#include "domain/keys.h"
#include "query/names.h"
#include "query/reasons.h"
#include "query/timestamps.h"
#include "query/vouchers.h"

namespace carnet::query {
namespace {

using carnet::log::v1::FeedRow;
using carnet::log::v1::FeedRowEvent;
using carnet::log::v1::VoucherRow;
using carnet::v1::FeedEvent;
using domain::Family;

std::string RecordName(const std::string& id) {
  const auto uuid = Uuid::FromBytes(id);
  CARNET_ASSERT(uuid.has_value());
  return FormatRecordName(*uuid);
}

FeedEvent::KindCase KindOf(const FeedRowEvent& event) {
  switch (event.kind_case()) {
    case FeedRowEvent::kCustomerCreated:
      return FeedEvent::kCustomerCreated;
    case FeedRowEvent::kCustomerLinked:
      return FeedEvent::kCustomerLinked;
    case FeedRowEvent::kCustomerUnlinked:
      return FeedEvent::kCustomerUnlinked;
    case FeedRowEvent::kCustomerUpdated:
      return FeedEvent::kCustomerUpdated;
    case FeedRowEvent::kCustomerArchived:
      return FeedEvent::kCustomerArchived;
    case FeedRowEvent::kVoucherPosted:
      return FeedEvent::kVoucherPosted;
    case FeedRowEvent::kVoucherReversed:
      return FeedEvent::kVoucherReversed;
    case FeedRowEvent::kBalanceChanged:
      return FeedEvent::kBalanceChanged;
    case FeedRowEvent::kCustomerErased:
      return FeedEvent::kCustomerErased;
    case FeedRowEvent::kOrderChanged:
      return FeedEvent::kOrderChanged;
    case FeedRowEvent::KIND_NOT_SET:
      break;
  }
  return FeedEvent::KIND_NOT_SET;
}

void FillUpdated(const carnet::log::v1::FeedUpdated& row, carnet::v1::CustomerUpdated* updated) {
  updated->set_record(RecordName(row.record()));
  updated->set_customer(row.customer().empty() ? updated->record() : RecordName(row.customer()));
  for (uint32_t number : row.fields()) {
    const auto* field =
        carnet::v1::Contact::descriptor()->FindFieldByNumber(static_cast<int>(number));
    if (field) updated->add_fields(field->name());
  }
}

void FillPosted(const domain::Reader& reader, std::string_view merchant, uint64_t number,
                carnet::v1::VoucherPosted* posted) {
  VoucherRow row;
  CARNET_ASSERT(GetRow(reader, Family::kEntries, domain::VoucherKey(merchant, number), &row));
  posted->set_voucher(FormatVoucherName(merchant, number));
  posted->set_kind(row.kind());
  posted->set_code(row.code());
  if (!row.record().empty()) posted->set_record(RecordName(row.record()));
  SetAmount(row.unit(), row.total(), posted->mutable_total());
  posted->set_effective_date(FormatCivilDay(row.effective_day()));
}

void FillKind(const domain::Reader& reader, std::string_view merchant, const FeedRowEvent& row,
              FeedEvent* event) {
  switch (row.kind_case()) {
    case FeedRowEvent::kCustomerCreated:
      event->mutable_customer_created()->set_customer(RecordName(row.customer_created()));
      break;
    case FeedRowEvent::kCustomerLinked: {
      auto* linked = event->mutable_customer_linked();
      linked->set_customer(RecordName(row.customer_linked().customer()));
      linked->set_absorbed(RecordName(row.customer_linked().other()));
      break;
    }
    case FeedRowEvent::kCustomerUnlinked: {
      auto* unlinked = event->mutable_customer_unlinked();
      unlinked->set_customer(RecordName(row.customer_unlinked().customer()));
      unlinked->set_separated(RecordName(row.customer_unlinked().other()));
      break;
    }
    case FeedRowEvent::kCustomerUpdated:
      FillUpdated(row.customer_updated(), event->mutable_customer_updated());
      break;
    case FeedRowEvent::kCustomerArchived: {
      auto* archived = event->mutable_customer_archived();
      archived->set_customer(RecordName(row.customer_archived().customer()));
      archived->set_archived(row.customer_archived().archived());
      break;
    }
    case FeedRowEvent::kCustomerErased: {
      auto* erased = event->mutable_customer_erased();
      erased->set_customer(RecordName(row.customer_erased().customer()));
      for (const std::string& record : row.customer_erased().records())
        erased->add_records(RecordName(record));
      if (erased->records().empty()) erased->add_records(erased->customer());
      break;
    }
    case FeedRowEvent::kVoucherPosted:
      FillPosted(reader, merchant, row.voucher_posted(), event->mutable_voucher_posted());
      break;
    case FeedRowEvent::kVoucherReversed: {
      auto* reversed = event->mutable_voucher_reversed();
      reversed->set_voucher(FormatVoucherName(merchant, row.voucher_reversed().voucher()));
      reversed->set_reversal(FormatVoucherName(merchant, row.voucher_reversed().reversal()));
      break;
    }
    case FeedRowEvent::kBalanceChanged: {
      const auto& balance = row.balance_changed();
      auto* changed = event->mutable_balance_changed();
      changed->set_customer(RecordName(balance.customer()));
      changed->set_whole_customer(balance.whole_customer());
      changed->set_account(balance.account());
      SetAmount(balance.unit(), balance.before(), changed->mutable_before());
      SetAmount(balance.unit(), balance.after(), changed->mutable_after());
      break;
    }
    case FeedRowEvent::kOrderChanged: {
      auto* changed = event->mutable_order_changed();
      const auto id = Uuid::FromBytes(row.order_changed().order());
      CARNET_ASSERT(id.has_value());
      changed->set_order(FormatOrderName(merchant, *id));
      if (!row.order_changed().record().empty())
        changed->set_record(RecordName(row.order_changed().record()));
      changed->set_state(row.order_changed().state());
      break;
    }
    case FeedRowEvent::KIND_NOT_SET:
      break;
  }
}

}  // namespace

EventKinds EventKinds::All() {
  EventKinds kinds;
  kinds.wanted_.set();
  return kinds;
}

absl::StatusOr<EventKinds> EventKinds::Parse(
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  if (names.empty()) return All();
  const auto* kind = FeedEvent::descriptor()->FindOneofByName("kind");
  EventKinds kinds;
  for (int i = 0; i < names.size(); ++i) {
    const auto* field = FeedEvent::descriptor()->FindFieldByName(names[i]);
    if (!field || field->containing_oneof() != kind) {
      return Error(absl::StatusCode::kInvalidArgument, reason::kUnknownKind,
                   "there is no kind of event named \"" + names[i] +
                       "\": take the name of a field of FeedEvent.kind, like balance_changed",
                   std::string(absl::StrCat("kinds[", i, "]")));
    }
    kinds.wanted_.set(static_cast<size_t>(field->number()));
  }
  return kinds;
}

uint64_t LastFeedSequence(const domain::Reader& reader, std::string_view merchant) {
  carnet::log::v1::MerchantRow row;
  GetRow(reader, Family::kMerchants, domain::MerchantKey(merchant), &row);
  return row.last_feed_sequence();
}

FeedPage ReadFeed(const view_store::Snapshot& snapshot, std::string_view merchant,
                  uint64_t from_sequence, size_t limit, const EventKinds& kinds) {
  FeedPage page{.next_sequence = from_sequence};
  const uint64_t end = from_sequence + limit;
  snapshot.ScanFrom(
      Family::kFeed, domain::MerchantPrefix(merchant), domain::FeedKey(merchant, from_sequence),
      [&](std::string_view, std::string_view bytes) {
        FeedRow row;
        CARNET_ASSERT(row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        // The page may begin and end inside a row.
        CARNET_ASSERT(row.first_sequence() <= page.next_sequence);
        const auto skip = static_cast<int>(page.next_sequence - row.first_sequence());
        for (int i = skip; i < row.events_size() && page.next_sequence < end; ++i) {
          const uint64_t sequence = page.next_sequence++;
          if (!kinds.Contains(KindOf(row.events(i)))) continue;
          FeedEvent& event = page.events.emplace_back();
          event.set_merchant(merchant.data(), merchant.size());
          event.set_epoch(kFeedEpoch);
          event.set_sequence(sequence);
          event.set_change_number(row.change_number());
          SetTimestamp(row.recorded_at_micros(), event.mutable_recorded_at());
          FillKind(snapshot, merchant, row.events(i), &event);
        }
        return page.next_sequence < end;
      });
  return page;
}

}  // namespace carnet::query
