#include "base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace carnet {
namespace {

constexpr std::string_view kReasonUrl = "carnet.v1/reason";
constexpr std::string_view kFieldUrl = "carnet.v1/field";
constexpr std::string_view kViolationsUrl = "carnet.v1/violations";
constexpr std::string_view kMetadataUrl = "carnet.v1/metadata/";

std::string PayloadOf(const absl::Status& status, std::string_view url) {
  const auto payload = status.GetPayload(absl::string_view(url.data(), url.size()));
  return payload ? std::string(*payload) : std::string();
}

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message,
                   std::string_view field) {
  absl::Status status(code, View(message));
  status.SetPayload(View(kReasonUrl), absl::Cord(View(reason)));
  if (!field.empty()) status.SetPayload(View(kFieldUrl), absl::Cord(View(field)));
  return status;
}

std::string ReasonOf(const absl::Status& status) { return PayloadOf(status, kReasonUrl); }

std::string FieldOf(const absl::Status& status) { return PayloadOf(status, kFieldUrl); }

void AddErrorMetadata(std::string_view key, std::string_view value, absl::Status* status) {
  status->SetPayload(absl::StrCat(View(kMetadataUrl), View(key)), absl::Cord(View(value)));
}

void ForEachErrorMetadata(
    const absl::Status& status,
    const std::function<void(std::string_view key, std::string_view value)>& visit) {
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    const std::string_view name(url.data(), url.size());
    if (!name.starts_with(kMetadataUrl)) return;
    visit(name.substr(kMetadataUrl.size()), std::string(payload));
  });
}

void AddFieldViolation(std::string_view field, std::string_view description, absl::Status* status) {
  std::string all = PayloadOf(*status, kViolationsUrl);
  all.append(field).push_back('\0');
  all.append(description).push_back('\0');
  status->SetPayload(View(kViolationsUrl), absl::Cord(all));
}

void ForEachFieldViolation(
    const absl::Status& status,
    const std::function<void(std::string_view field, std::string_view description)>& visit) {
  const std::string all = PayloadOf(status, kViolationsUrl);
  std::string_view rest = all;
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(field.size() + 1);
    const std::string_view description = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(description.size() + 1);
    visit(field, description);
  }
}

}  // namespace carnet
