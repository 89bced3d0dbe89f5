#include "channels/changes.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/uuid.h"

namespace carnet::channels {
namespace {

void SetTimes(const Item& item, const SourceSettings& settings, v1::Change* change) {
  if (item.occurred_at_micros) {
    int64_t seconds = *item.occurred_at_micros / 1'000'000;
    int64_t micros = *item.occurred_at_micros % 1'000'000;
    if (micros < 0) {
      --seconds;
      micros += 1'000'000;
    }
    change->mutable_occurred_at()->set_seconds(seconds);
    change->mutable_occurred_at()->set_nanos(static_cast<int32_t>(micros * 1000));
  }
  change->set_effective_date(item.date);
  if (item.utc_offset_minutes) {
    change->set_utc_offset_minutes(*item.utc_offset_minutes);
  } else if (settings.utc_offset_minutes != 0) {
    change->set_utc_offset_minutes(settings.utc_offset_minutes);
  }
}

}  // namespace

Uuid ChangeIdOf(std::string_view merchant, std::string_view channel, std::string_view source,
                std::string_view key) {
  return Uuid::FromFields({"delivery", merchant, channel, source, key});
}

Changes ChangesOf(std::string_view merchant, std::string_view channel,
                  const SourceSettings& settings, const Meaning& meaning) {
  Changes result;
  for (const Item& item : meaning.items) {
    v1::Change change;
    change.set_id(ChangeIdOf(merchant, channel, settings.source, item.key).ToString());
    change.set_merchant(std::string(merchant));
    change.set_channel(std::string(channel));
    change.set_source(settings.source);
    change.set_intent(v1::INTENT_FACT);
    SetTimes(item, settings, &change);
    if (item.contact) change.set_external_id(item.contact->external_id);
    const bool knows_fields = item.contact && (item.contact->op == ContactOp::kUpsert ||
                                               item.contact->op == ContactOp::kObserve ||
                                               item.contact->op == ContactOp::kUpsertGuest);
    if (item.order) {
      auto* order = change.mutable_body()->mutable_order_observed();
      *order = *item.order;
      if (knows_fields && item.contact->contact.ByteSizeLong() > 0)
        *order->mutable_contact()->mutable_contact() = item.contact->contact;
    } else if (knows_fields || (item.contact && item.contact->op == ContactOp::kReference)) {
      *change.mutable_body()->mutable_contact_observed()->mutable_contact() = item.contact->contact;
    } else {
      result.left_out.push_back(
          absl::StrCat(item.contact ? std::string(ContactOpName(item.contact->op)) : "nothing",
                       " of ", item.contact ? item.contact->external_id : item.key));
      continue;
    }
    result.changes.push_back(std::move(change));
  }
  return result;
}

}  // namespace carnet::channels
