#include "vault/opener.h"

#include <utility>

#include "vault/personal_plan.h"
#include "vault/record_opener.h"

namespace carnet::vault {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

// One call of Open.
class Job {
 public:
  Job(KeyRing* ring, std::string_view merchant, const Uuid& record_id,
      const KeyBatch* keys = nullptr)
      : record_(ring, merchant, keys) {
    record_.SetRecord(record_id);
  }

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
    const auto opened = record_.Open(path, value->sealed().key_id(), value->sealed().box());
    if (!opened.ok()) return opened.status();
    if (!*opened) {
      value->Clear();
      return absl::OkStatus();
    }
    if (!content_.ParseFromArray((*opened)->data(), static_cast<int>((*opened)->size())))
      return record_.Broken(path);
    value->set_normalized(std::move(*content_.mutable_normalized()));
    value->set_plain(std::move(*content_.mutable_typed()));  // drops `sealed`
    return absl::OkStatus();
  }

 private:
  absl::Status Visit(const PersonalStep& step, Message* child) {
    if (step.inside != nullptr) return Walk(*step.inside, child);
    return OpenValue(step.path, static_cast<v1::Personal*>(child));
  }

  RecordOpener record_;
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
