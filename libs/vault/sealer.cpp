#include "vault/sealer.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "vault/box.h"
#include "vault/country.h"
#include "vault/normalize/birth_date.h"
#include "vault/normalize/company_number.h"
#include "vault/normalize/typos.h"
#include "vault/personal_plan.h"
#include "vault/tokens.h"

namespace carnet::vault {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;

// One call of Seal.
class Job {
 public:
  Job(KeyRing* ring, const PhoneNormalizer& phones, std::string_view merchant,
      const Uuid& record_id, std::string_view default_country, NewKeys* new_keys)
      : ring_(ring),
        phones_(phones),
        merchant_(merchant),
        record_id_(record_id),
        country_(default_country),
        new_keys_(new_keys),
        associated_data_(AssociatedData({merchant, record_id.bytes()})),
        purpose_size_(associated_data_.size()) {}

  absl::Status Walk(const PersonalPlan& plan, Message* message) {
    if (absl::Status status = Enter(plan, message); !status.ok()) return status;
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

 private:
  absl::Status Visit(const PersonalStep& step, Message* child) {
    if (step.inside != nullptr) {
      // The scheme stands beside the number that it says how to check.
      if (step.inside->message == v1::CompanyNumber::descriptor()) {
        scheme_ = static_cast<const v1::CompanyNumber*>(child)->scheme();
      }
      return Walk(*step.inside, child);
    }
    return SealValue(step, static_cast<v1::Personal*>(child));
  }

  // What must be seen of a message while its values are still plain.
  absl::Status Enter(const PersonalPlan& plan, Message* message) {
    if (plan.message == v1::Contact::descriptor()) {
      country_ = CountryOf(*static_cast<const v1::Contact*>(message), country_);
    } else if (plan.message == v1::PersonName::descriptor()) {
      auto* const name = static_cast<v1::PersonName*>(message);
      if (absl::Status status = LoadMerchantKeys(); !status.ok()) return status;
      tokens_.clear();
      AddNameTokens(merchant_keys_->index,
                    NormalizePersonName(name->full().plain(), name->given().plain(),
                                        name->family().plain(), country_),
                    &tokens_);
      WriteNameTokens(tokens_, name->mutable_tokens());
    } else if (plan.message == v1::Address::descriptor()) {
      auto* const address = static_cast<v1::Address*>(message);
      if (absl::Status status = LoadMerchantKeys(); !status.ok()) return status;
      tokens_.clear();
      AddAddressTokens(merchant_keys_->index,
                       NormalizeAddress(address->street().plain(), address->postcode().plain(),
                                        address->town().plain()),
                       &tokens_);
      WriteTokens(&tokens_, address->mutable_tokens());
    }
    return absl::OkStatus();
  }

  absl::Status SealValue(const PersonalStep& step, v1::Personal* value) {
    if (value->has_sealed()) {
      return Error(absl::StatusCode::kInvalidArgument, "SEALED_NOT_ALLOWED",
                   "a value is sealed already; send it plain", step.path);
    }
    value->clear_normalized();
    value->clear_flags();
    if (!value->has_plain()) return absl::OkStatus();
    if (value->plain().empty()) {
      value->clear_plain();
      return absl::OkStatus();
    }
    if (absl::Status status = LoadMerchantKeys(); !status.ok()) return status;
    tokens_.clear();
    content_.clear_normalized();
    CheckValue(step.kind, value);
    content_.set_typed(std::move(*value->mutable_plain()));
    v1::Sealed* const sealed = value->mutable_sealed();  // drops `plain`
    if (!step.tokens_only) {
      if (absl::Status status = LoadRecordKey(); !status.ok()) return status;
      content_.SerializeToString(&serialized_);
      AppendField(step.path, &associated_data_);
      sealed->set_key_id(record_key_.id.bytes().data(), Uuid::kSize);
      SealBoxByContent(record_key_.key, associated_data_, serialized_, sealed->mutable_box());
      associated_data_.resize(purpose_size_);
    }
    if (!tokens_.empty()) {
      if (step.kind == ValueKind::kCompanyName) {
        WriteNameTokens(tokens_, sealed->mutable_tokens());
      } else {
        WriteTokens(&tokens_, sealed->mutable_tokens());
      }
    }
    return absl::OkStatus();
  }

  // Sets flags, content_'s normal form and tokens_ from the plain value.
  void CheckValue(ValueKind kind, v1::Personal* value) {
    const Key& index = merchant_keys_->index;
    switch (kind) {
      case ValueKind::kText:
        break;
      case ValueKind::kEmail: {
        NormalEmail email = NormalizeEmail(value->plain());
        AddEmailTokens(index, email, &tokens_);
        if (email.kind == EmailKind::kInvalid) value->add_flags(v1::VALUE_FLAG_INVALID);
        if (email.kind == EmailKind::kBlocked) value->add_flags(v1::VALUE_FLAG_BLOCKED);
        if (email.kind == EmailKind::kRole) value->add_flags(v1::VALUE_FLAG_ROLE_MAILBOX);
        if (email.kind == EmailKind::kRelay) value->add_flags(v1::VALUE_FLAG_RELAY);
        content_.set_normalized(std::move(email.exact));
        break;
      }
      case ValueKind::kPhone: {
        NormalPhone phone = phones_.Normalize(value->plain(), country_);
        AddPhoneTokens(index, phone, &tokens_);
        if (phone.kind == PhoneKind::kInvalid) value->add_flags(v1::VALUE_FLAG_INVALID);
        if (phone.kind == PhoneKind::kBlocked) value->add_flags(v1::VALUE_FLAG_BLOCKED);
        if (phone.kind == PhoneKind::kMobile) value->add_flags(v1::VALUE_FLAG_MOBILE);
        if (phone.kind == PhoneKind::kLandline) value->add_flags(v1::VALUE_FLAG_LANDLINE);
        if (!phone.assigned) value->add_flags(v1::VALUE_FLAG_NOT_ASSIGNED);
        content_.set_normalized(std::move(phone.e164));
        break;
      }
      case ValueKind::kBirthDate: {
        NormalBirthDate date = NormalizeBirthDate(value->plain());
        if (date.kind == BirthDateKind::kInvalid) value->add_flags(v1::VALUE_FLAG_INVALID);
        if (date.kind == BirthDateKind::kBlocked) value->add_flags(v1::VALUE_FLAG_BLOCKED);
        if (date.kind == BirthDateKind::kValid) AddBirthDateTokens(index, date.iso, &tokens_);
        content_.set_normalized(std::move(date.iso));
        break;
      }
      case ValueKind::kCompanyNumber: {
        NormalCompanyNumber number = NormalizeCompanyNumber(scheme_, value->plain());
        if (number.kind == CompanyNumberKind::kInvalid) value->add_flags(v1::VALUE_FLAG_INVALID);
        if (number.kind == CompanyNumberKind::kBlocked) value->add_flags(v1::VALUE_FLAG_BLOCKED);
        AddCompanyNumberTokens(index, number.number, &tokens_);
        content_.set_normalized(std::move(number.number));
        break;
      }
      case ValueKind::kWebSite:
        if (!IsWebSite(value->plain())) value->add_flags(v1::VALUE_FLAG_INVALID);
        break;
      case ValueKind::kCompanyName:
        AddCompanyNameTokens(index, NormalizeCompanyName(value->plain()), &tokens_);
        break;
    }
  }

  absl::Status LoadMerchantKeys() {
    if (merchant_keys_ != nullptr) return absl::OkStatus();
    const absl::StatusOr<const MerchantKeys*> keys = ring_->ForWriting(merchant_);
    if (keys.ok()) merchant_keys_ = *keys;
    return keys.status();
  }

  // Only when there is a value to seal: a body without any makes no key.
  absl::Status LoadRecordKey() {
    if (has_record_key_) return absl::OkStatus();
    absl::StatusOr<RecordKey> key = ring_->SealingKey(merchant_, record_id_, new_keys_);
    if (key.ok()) record_key_ = *std::move(key);
    has_record_key_ = key.ok();
    return key.status();
  }

  KeyRing* const ring_;
  const PhoneNormalizer& phones_;
  const std::string_view merchant_;
  const Uuid& record_id_;
  std::string country_;  // of the contact being walked, or the default
  NewKeys* const new_keys_;

  const MerchantKeys* merchant_keys_ = nullptr;
  bool has_record_key_ = false;
  RecordKey record_key_;

  // Of the value at hand; members so that their memory is used again.
  std::string scheme_;
  Tokens tokens_;
  v1::SealedContent content_;
  std::string serialized_;
  std::string associated_data_;  // merchant and record; the field path is added for each value
  const size_t purpose_size_;
};

}  // namespace

namespace {

void DropPersonal(const PersonalPlan& plan, Message* message) {
  const Reflection& reflection = *plan.reflection;
  for (const PersonalStep& step : plan.steps) {
    if (step.inside == nullptr) {
      reflection.ClearField(message, step.field);
    } else if (step.field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(*message, step.field); ++i)
        DropPersonal(*step.inside, reflection.MutableRepeatedMessage(message, step.field, i));
    } else if (reflection.HasField(*message, step.field)) {
      DropPersonal(*step.inside, reflection.MutableMessage(message, step.field));
    }
  }
}

}  // namespace

void DropPersonal(v1::Body* body) { DropPersonal(BodyPlan(), body); }

absl::Status Sealer::AddBlockedTokens(std::string_view merchant, std::string_view default_country,
                                      v1::MerchantPolicy* policy) const {
  if (policy->blocked_values().empty()) return absl::OkStatus();
  const absl::StatusOr<const MerchantKeys*> keys = keys_->ForWriting(merchant);
  if (!keys.ok()) return keys.status();
  const std::string country =
      policy->country().empty() ? CountryCode(default_country) : CountryCode(policy->country());
  Tokens tokens;
  for (v1::BlockedValue& blocked : *policy->mutable_blocked_values()) {
    tokens.clear();
    if (blocked.has_email()) {
      AddEmailTokens((*keys)->index, NormalizeEmail(blocked.email()), &tokens);
    } else {
      AddPhoneTokens((*keys)->index, phones_->Normalize(blocked.phone(), country), &tokens);
    }
    WriteTokens(&tokens, blocked.mutable_tokens());
  }
  return absl::OkStatus();
}

absl::Status Sealer::Seal(std::string_view merchant, const Uuid& record_id,
                          std::string_view default_country, v1::Body* body,
                          NewKeys* new_keys) const {
  return Job(keys_, *phones_, merchant, record_id, default_country, new_keys)
      .Walk(BodyPlan(), body);
}

}  // namespace carnet::vault
