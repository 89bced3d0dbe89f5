#include "channels/changes.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/uuid.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "domain/customers/record.h"

namespace carnet::channels {
namespace {

void SetTimestamp(int64_t at_micros, google::protobuf::Timestamp* timestamp) {
  int64_t seconds = at_micros / 1'000'000;
  int64_t micros = at_micros % 1'000'000;
  if (micros < 0) {
    --seconds;
    micros += 1'000'000;
  }
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(static_cast<int32_t>(micros * 1000));
}

void SetTimes(const Item& item, const SourceSettings& settings, v1::Change* change) {
  if (item.occurred_at_micros)
    SetTimestamp(*item.occurred_at_micros, change->mutable_occurred_at());
  change->set_effective_date(item.date);
  if (item.utc_offset_minutes) {
    change->set_utc_offset_minutes(*item.utc_offset_minutes);
  } else if (settings.utc_offset_minutes != 0) {
    change->set_utc_offset_minutes(settings.utc_offset_minutes);
  }
}

// A form's question as a custom field's key: what of it is a letter or digit, and a few digits of
// its hash where that is not all of it.
std::string KeyOfQuestion(const std::string& name) {
  constexpr size_t kMost = 40;
  std::string key;
  bool whole = true;
  for (const char c : LowerCase(name)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain || (!key.empty() && (c == '_' || c == '-'))) {
      key.push_back(c);
    } else {
      whole = false;
    }
  }
  if (whole && !key.empty() && key.size() <= kMost) return key;
  return absl::StrCat(key.substr(0, kMost), key.empty() ? "q-" : "-", Sha256Hex(name).substr(0, 8));
}

class Writer {
 public:
  Writer(std::string_view merchant, std::string_view channel, const SourceSettings& settings)
      : merchant_(merchant), channel_(channel), settings_(settings) {}

  std::vector<v1::Change> Write(const Meaning& meaning) {
    for (const Item& item : meaning.items) WriteItem(item);
    return std::move(result_);
  }

 private:
  v1::Change* Add(const Item& item, std::string_view part, v1::Intent intent) {
    v1::Change* const change = &result_.emplace_back();
    const std::string key = absl::StrCat(item.key, std::string(part));
    change->set_id(ChangeIdOf(merchant_, channel_, settings_.source, key).ToString());
    change->set_merchant(merchant_);
    change->set_channel(channel_);
    change->set_source(settings_.source);
    change->set_intent(intent);
    SetTimes(item, settings_, change);
    return change;
  }

  void WriteItem(const Item& item) {
    const ContactMeaning* const contact = item.contact ? &*item.contact : nullptr;
    if (item.order) {
      v1::Change* const change = Add(item, "", v1::INTENT_FACT);
      auto* order = change->mutable_body()->mutable_order_observed();
      *order = *item.order;
      if (contact == nullptr) return;
      change->set_external_id(contact->external_id);
      if (contact->contact.ByteSizeLong() > 0)
        *order->mutable_contact()->mutable_contact() = contact->contact;
      return;
    }
    if (contact == nullptr) return;
    switch (contact->op) {
      case ContactOp::kUnlink: {
        v1::Change* const change = Add(item, "", v1::INTENT_FACT);
        change->set_external_id(contact->external_id);
        change->mutable_body()->mutable_record_deleted();
        return;
      }
      case ContactOp::kMerge:
        return WriteMerge(item, *contact);
      case ContactOp::kErase: {
        v1::Change* const change = Add(item, "", v1::INTENT_REQUEST);
        change->set_external_id(contact->external_id);
        change->mutable_body()->mutable_customer_erased();
        return;
      }
      default:
        return WriteContact(item, *contact);
    }
  }

  void WriteContact(const Item& item, const ContactMeaning& contact) {
    v1::Change* change = Add(item, "", v1::INTENT_FACT);
    change->set_external_id(contact.external_id);
    auto* says = change->mutable_body()->mutable_contact_observed()->mutable_contact();
    *says = contact.contact;
    for (const auto& [name, values] : contact.custom) {
      auto* custom = says->add_custom();
      custom->set_key(KeyOfQuestion(name));
      custom->mutable_text()->set_plain(CutUtf8(absl::StrJoin(values, "; "), 4096));
    }
    int number = 0;
    for (const ConsentMeaning& consent : contact.consents) {
      const bool given = consent.state == "subscribed";
      if (!given && consent.state != "unsubscribed" && consent.state != "redacted") continue;
      change = Add(item, absl::StrCat("|consent|", number++), v1::INTENT_FACT);
      change->set_external_id(contact.external_id);
      auto* recorded = change->mutable_body()->mutable_consent_recorded();
      const bool email = consent.channel == "email";
      (email ? recorded->mutable_email() : recorded->mutable_phone())->set_plain(consent.address);
      recorded->set_purpose(email ? "newsletter" : "sms");
      recorded->set_state(given ? v1::CONSENT_STATE_GIVEN : v1::CONSENT_STATE_WITHDRAWN);
      if (const auto at = ParseInstant(consent.at))
        SetTimestamp(at->micros, recorded->mutable_at());
    }
  }

  // Both records must be there before they can be linked: whichever the channel told of first.
  void WriteMerge(const Item& item, const ContactMeaning& contact) {
    for (const std::string& id : {contact.into, contact.external_id}) {
      v1::Change* const change = Add(item, "|" + id, v1::INTENT_FACT);
      change->set_external_id(id);
      change->mutable_body()->mutable_contact_observed()->mutable_contact();
    }
    v1::Change* const change = Add(item, "", v1::INTENT_REQUEST);
    auto* link = change->mutable_body()->mutable_link_customers();
    const auto record = [this](const std::string& id) {
      return domain::RecordId(merchant_, channel_, settings_.source, id).ToString();
    };
    link->set_customer(record(contact.into));
    link->set_other(record(contact.external_id));
  }

  const std::string merchant_;
  const std::string channel_;
  const SourceSettings& settings_;
  std::vector<v1::Change> result_;
};

}  // namespace

Uuid ChangeIdOf(std::string_view merchant, std::string_view channel, std::string_view source,
                std::string_view key) {
  return Uuid::FromFields({"delivery", merchant, channel, source, key});
}

std::vector<v1::Change> ChangesOf(std::string_view merchant, std::string_view channel,
                                  const SourceSettings& settings, const Meaning& meaning) {
  return Writer(merchant, channel, settings).Write(meaning);
}

}  // namespace carnet::channels
