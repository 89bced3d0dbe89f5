#include "vault/opener.h"

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "vault/box.h"
#include "vault/personal_plan.h"

namespace carnet::vault {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

// One call of Open.
class Job {
 public:
  Job(KeyRing* ring, std::string_view merchant, const Uuid& record_id,
      const KeyBatch* keys = nullptr)
      : ring_(ring),
        merchant_(merchant),
        record_id_(record_id),
        keys_(keys),
        place_(AssociatedData({merchant, record_id.bytes()})),
        place_size_(place_.size()) {}

  absl::Status Walk(const PersonalPlan& plan, Message* message) {
    if (plan.message == v1::PersonName::descriptor()) {
      static_cast<v1::PersonName*>(message)->clear_tokens();
    } else if (plan.message == v1::Address::descriptor()) {
      static_cast<v1::Address*>(message)->clear_tokens();
    }
    const Reflection& reflection = *plan.reflection;
    for (const PersonalStep& step : plan.steps) {
      if (step.field->is_repeated()) {
        const int count = reflection.FieldSize(*message, step.field);
        for (int i = 0; i < count; ++i) {
          Message* const child = reflection.MutableRepeatedMessage(message, step.field, i);
          if (absl::Status status = Visit(step, child); !status.ok()) return status;
        }
      } else if (reflection.HasField(*message, step.field)) {
        Message* const child = reflection.MutableMessage(message, step.field);
        if (absl::Status status = Visit(step, child); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status OpenValue(std::string_view path, v1::Personal* value) {
    if (!value->has_sealed()) return absl::OkStatus();
    if (absl::Status status = LoadKey(value->sealed().key_id()); !status.ok()) return status;
    if (!key_) {
      value->Clear();
      return absl::OkStatus();
    }
    place_.resize(place_size_);
    AppendField(path, &place_);
    if (!OpenBox(*key_, place_, value->sealed().box(), &serialized_) ||
        !content_.ParseFromString(serialized_)) {
      return Broken(path);
    }
    value->set_normalized(std::move(*content_.mutable_normalized()));
    value->set_plain(std::move(*content_.mutable_typed()));  // drops `sealed`
    return absl::OkStatus();
  }

 private:
  absl::Status Visit(const PersonalStep& step, Message* child) {
    if (step.inside != nullptr) return Walk(*step.inside, child);
    return OpenValue(step.path, static_cast<v1::Personal*>(child));
  }

  absl::Status Broken(std::string_view path) const {
    return Error(absl::StatusCode::kDataLoss, "SEAL_BROKEN",
                 "a sealed value of record " + record_id_.ToString() +
                     " does not open: damaged, or of another merchant, record or field",
                 path);
  }

  // Values of one record mostly share a key: the last one is kept.
  absl::Status LoadKey(const std::string& key_id) {
    if (!key_id_.empty() && key_id == key_id_) return absl::OkStatus();
    const std::optional<Uuid> id = Uuid::FromBytes(key_id);
    if (!id) return Broken("sealed.key_id");
    key_id_ = key_id;
    if (keys_ != nullptr) {
      const auto found = keys_->find(*id);
      if (found != keys_->end()) {
        key_ = found->second;
        return absl::OkStatus();
      }
    }
    absl::StatusOr<std::optional<Key>> key = ring_->OpeningKey(merchant_, *id);
    if (!key.ok()) return key.status();
    key_ = *std::move(key);
    return absl::OkStatus();
  }

  KeyRing* const ring_;
  const std::string_view merchant_;
  const Uuid& record_id_;
  const KeyBatch* const keys_;
  std::string place_;  // merchant and record, then the field at hand
  const size_t place_size_;

  std::string key_id_;
  std::optional<Key> key_;
  std::string serialized_;
  v1::SealedContent content_;
};

}  // namespace

absl::Status Opener::Open(std::string_view merchant, const Uuid& record_id, v1::Contact* contact,
                          const KeyBatch* keys) const {
  return Job(keys_, merchant, record_id, keys).Walk(ContactPlan(), contact);
}

absl::Status Opener::Open(std::string_view merchant, const Uuid& record_id, v1::Body* body) const {
  return Job(keys_, merchant, record_id).Walk(BodyPlan(), body);
}

absl::Status Opener::OpenValue(std::string_view merchant, const Uuid& record_id,
                               std::string_view field_path, v1::Personal* value) const {
  return Job(keys_, merchant, record_id).OpenValue(field_path, value);
}

}  // namespace carnet::vault
