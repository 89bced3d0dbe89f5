// Where personal values stand in a message: found once per message type from its descriptor, so
// that a new field of type Personal is sealed and opened without a line of code here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace carnet::vault {

// Which check and which tokens a value gets.
enum class ValueKind { kText, kEmail, kPhone, kBirthDate, kCompanyNumber, kCompanyName, kWebSite };

struct PersonalPlan;

// One field that is a Personal, or leads to one.
struct PersonalStep {
  const google::protobuf::FieldDescriptor* field = nullptr;
  // Set for a field that leads to one.
  std::unique_ptr<const PersonalPlan> inside;
  // Of a Personal: the field path that it is sealed with.
  std::string path;
  ValueKind kind = ValueKind::kText;
  // Nobody ever reads the value back: its tokens say all, so that there is nothing to forget.
  bool tokens_only = false;
};

// The steps of one message, in field order. Empty: nothing personal in it.
struct PersonalPlan {
  const google::protobuf::Descriptor* message = nullptr;
  // Kept, as asking a message for it takes longer than reading a field.
  const google::protobuf::Reflection* reflection = nullptr;
  std::vector<PersonalStep> steps;
};

// The plan of carnet.v1.Body or carnet.v1.Contact. Paths inside a Contact begin with "contact",
// wherever it stands, so that a cell can be opened without knowing which body brought it; others
// begin at the Body.
const PersonalPlan& BodyPlan();
const PersonalPlan& ContactPlan();

}  // namespace carnet::vault
