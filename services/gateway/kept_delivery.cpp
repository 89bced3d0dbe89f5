// Deliveries that are kept as they came, beside the changes that were made of them.
#include "gateway/kept_delivery.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/civil_date.h"
#include "base/fatal.h"
#include "domain/customers/deliveries.h"
#include "domain/customers/record.h"
#include "gateway/envelope.h"
#include "gateway/preparer.h"
#include "vault/delivery_box.h"

namespace carnet::gateway {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

// Puts `delivery` behind all other fields of the change in `record`, which is not parsed for that.
void Attach(const log::v1::KeptDelivery& delivery, std::string* record) {
  constexpr uint32_t kChangeTag = WireFormatLite::MakeTag(
      log::v1::LogRecord::kChangeFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  constexpr uint32_t kDeliveryTag = WireFormatLite::MakeTag(
      log::v1::Change::kDeliveryFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  CodedInputStream in(reinterpret_cast<const uint8_t*>(record->data()),
                      static_cast<int>(record->size()));
  uint32_t change_size = 0;
  CARNET_ASSERT(in.ReadTag() == kChangeTag && in.ReadVarint32(&change_size));
  const auto head = static_cast<size_t>(in.CurrentPosition());
  CARNET_ASSERT(record->size() == head + change_size);

  const size_t size = delivery.ByteSizeLong();
  const size_t added = CodedOutputStream::VarintSize32(kDeliveryTag) +
                       CodedOutputStream::VarintSize32(static_cast<uint32_t>(size)) + size;
  const auto new_change_size = static_cast<uint32_t>(change_size + added);
  const size_t new_head = CodedOutputStream::VarintSize32(kChangeTag) +
                          CodedOutputStream::VarintSize32(new_change_size);
  std::string whole(new_head + new_change_size, '\0');
  auto* at = reinterpret_cast<uint8_t*>(whole.data());
  at = CodedOutputStream::WriteTagToArray(kChangeTag, at);
  at = CodedOutputStream::WriteVarint32ToArray(new_change_size, at);
  at = std::copy_n(record->data() + head, change_size, at);
  at = CodedOutputStream::WriteTagToArray(kDeliveryTag, at);
  at = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(size), at);
  delivery.SerializeWithCachedSizesToArray(at);
  *record = std::move(whole);
}

}  // namespace

void Keeping::Note(const log::v1::Change& change, std::optional<uint32_t> life,
                   const v1::MerchantPolicy& policy, int32_t utc_offset_minutes) {
  const int32_t days =
      policy.has_delivery_days() ? policy.delivery_days() : domain::kDefaultDeliveryDays;
  if (days == 0) is_refused_ = true;
  first_day_ = change.recorded_day() - days;
  utc_offset_minutes_ = utc_offset_minutes;
  if (merchant_.empty()) merchant_ = change.merchant();
  // One body for several merchants would show each the others' customers.
  if (merchant_ != change.merchant()) is_refused_ = true;
  const v1::Body& body = change.body();
  if (body.has_unusable_delivery()) {
    is_nameless_ = true;
    return;
  }
  made_.push_back(*Uuid::FromBytes(change.id()));
  // Somebody was forgotten, or wishes to be.
  if (!life || body.has_customer_erased()) {
    is_refused_ = true;
    return;
  }
  if (body.has_link_customers()) {
    for (const std::string& name :
         {body.link_customers().customer(), body.link_customers().other()}) {
      if (const auto id = ParseCustomer(name)) records_.push_back(*id);
    }
  } else if (change.external_id().empty() && change.customer_id().empty()) {
    is_nameless_ = true;
  } else {
    records_.push_back(domain::ContactRecordId(change.merchant(), change.channel(), change.source(),
                                               change.external_id(),
                                               Uuid::FromBytes(change.customer_id()), *life));
  }
}

absl::Status Preparer::Keep(const log::v1::DeliveryContent& content, Keeping keeping,
                            const std::vector<PreparedChange*>& changes,
                            vault::NewKeys* new_keys) const {
  if (keeping.made_.empty() || keeping.is_refused_) return absl::OkStatus();
  const std::string& merchant = keeping.merchant_;
  const int32_t day = CivilDayOf(content.received_at_micros(), keeping.utc_offset_minutes_);
  if (day < keeping.first_day_) return absl::OkStatus();  // it waited until its days were over
  log::v1::KeptDelivery kept;
  kept.set_received_day(day);
  kept.set_nameless(keeping.is_nameless_);
  std::vector<Uuid>& records = keeping.records_;
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  std::vector<Uuid> sealed_for = {domain::DeliveryDay(merchant, day)};
  sealed_for.insert(sealed_for.end(), records.begin(), records.end());
  if (kept.nameless()) sealed_for.push_back(domain::NamelessDeliveryDay(merchant, day));
  // Its day was dropped, or somebody was forgotten on it: it would not be readable anyway.
  const auto is_erased = [&](const Uuid& id) { return keys_->ErasedAt(merchant, id).has_value(); };
  if (keys_->AnyErased() && std::any_of(sealed_for.begin(), sealed_for.end(), is_erased))
    return absl::OkStatus();

  const PreparedChange* first = nullptr;
  for (PreparedChange* const change : changes) {
    if (std::find(keeping.made_.begin(), keeping.made_.end(), change->id) == keeping.made_.end())
      continue;
    if (first == nullptr) {
      absl::Status sealed =
          vault::SealDelivery(keys_, merchant, change->id, sealed_for, content, &kept, new_keys);
      if (!sealed.ok()) return sealed;
    }
    event_log::Record& record = change->record;
    constexpr size_t kHeads = 32;  // of what is attached
    if (record.key.size() + record.value.size() + kept.ByteSizeLong() + kHeads >
        event_log::kMaxRecordBytes) {
      break;
    }
    Attach(kept, &record.value);
    if (first == nullptr) {
      first = change;
      kept.Clear();
      kept.set_with_change(std::string(first->id.bytes()));
    }
  }
  return absl::OkStatus();
}

}  // namespace carnet::gateway
