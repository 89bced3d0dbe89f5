#include "vault/record_opener.h"

#include <utility>

#include "base/error.h"
#include "base/field_walk.h"
#include "carnet/v1/personal.pb.h"
#include "vault/box.h"

namespace carnet::vault {

RecordOpener::RecordOpener(KeyRing* ring, std::string_view merchant, const KeyBatch* keys)
    : ring_(ring),
      merchant_(merchant),
      keys_(keys),
      place_(AssociatedData({merchant})),
      merchant_size_(place_.size()) {}

void RecordOpener::SetRecord(const Uuid& record_id) {
  record_id_ = record_id;
  place_.resize(merchant_size_);
  AppendField(record_id.bytes(), &place_);
  place_size_ = place_.size();
}

absl::StatusOr<std::optional<std::string_view>> RecordOpener::Open(std::string_view field_path,
                                                                   std::string_view key_id,
                                                                   std::string_view box) {
  if (absl::Status status = LoadKey(key_id); !status.ok()) return status;
  if (key_ == nullptr) return std::optional<std::string_view>();
  place_.resize(place_size_);
  AppendField(field_path, &place_);
  if (!OpenBox(*key_, place_, box, &content_)) return Broken(field_path);
  return std::optional<std::string_view>(content_);
}

absl::Status RecordOpener::AppendTyped(std::string_view field_path, std::string_view personal,
                                       std::string* text) {
  FieldWalk value(personal);
  while (value.Next()) {
    if (value.number() == v1::Personal::kPlainFieldNumber) {
      text->append(value.Bytes());
    } else if (value.number() == v1::Personal::kSealedFieldNumber) {
      std::string_view key_id;
      std::string_view box;
      FieldWalk sealed(value.Bytes());
      while (sealed.Next()) {
        if (sealed.number() == v1::Sealed::kKeyIdFieldNumber) {
          key_id = sealed.Bytes();
        } else if (sealed.number() == v1::Sealed::kBoxFieldNumber) {
          box = sealed.Bytes();
        } else {
          sealed.Skip();
        }
      }
      const auto opened = Open(field_path, key_id, box);
      if (!opened.ok()) return opened.status();
      FieldWalk content(opened->value_or(std::string_view()));
      while (content.Next()) {
        if (content.number() == v1::SealedContent::kTypedFieldNumber) {
          text->append(content.Bytes());
        } else {
          content.Skip();
        }
      }
    } else {
      value.Skip();
    }
  }
  return absl::OkStatus();
}

absl::Status RecordOpener::Broken(std::string_view path) const {
  return Error(absl::StatusCode::kDataLoss, "SEAL_BROKEN",
               "a sealed value of record " + record_id_.ToString() +
                   " does not open: damaged, or of another merchant, record or field",
               path);
}

// Values of one record mostly share a key: the last one is kept.
absl::Status RecordOpener::LoadKey(std::string_view key_id) {
  if (!key_id_.empty() && key_id == key_id_) return absl::OkStatus();
  const std::optional<Uuid> id = Uuid::FromBytes(key_id);
  if (!id) return Broken("sealed.key_id");
  key_id_.clear();
  if (keys_ != nullptr) {
    const auto found = keys_->find(*id);
    if (found != keys_->end()) {
      key_id_ = key_id;
      key_ = &found->second;
      return absl::OkStatus();
    }
  }
  absl::StatusOr<std::optional<Key>> key = ring_->OpeningKey(merchant_, *id);
  if (!key.ok()) return key.status();
  key_id_ = key_id;
  own_key_ = *std::move(key);
  key_ = own_key_ ? &*own_key_ : nullptr;
  return absl::OkStatus();
}

}  // namespace carnet::vault
