// Where in a body something is wrong; for the files of form.h only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/form.h"

namespace carnet::domain {

// "posting.tenders[2].amount", but written only when somebody asks: nearly all changes are well
// formed, and each passes here twice. Parts are string literals; a path is as long as bodies are
// deep.
class Path {
 public:
  explicit Path(const char* root) : parts_{{root, -1}}, size_(1) {}

  Path operator/(const char* name) const { return With({name, -1}); }
  Path operator/(int index) const { return With({nullptr, index}); }

  std::string ToString() const {
    std::string text;
    for (int i = 0; i < size_; ++i) {
      if (parts_[i].name == nullptr) {
        text += "[" + std::to_string(parts_[i].index) + "]";
      } else {
        if (i > 0) text += ".";
        text += parts_[i].name;
      }
    }
    return text;
  }

 private:
  struct Part {
    const char* name;
    int index;
  };

  Path With(Part part) const {
    Path longer = *this;
    longer.parts_[longer.size_++] = part;
    return longer;
  }

  static constexpr int kMostParts = 10;
  Part parts_[kMostParts];
  int size_;
};

using MaybeError = std::optional<FormError>;

inline MaybeError Fail(std::string_view reason, const Path& field, std::string detail) {
  return FormError{reason, field.ToString(), std::move(detail)};
}

// VALUE_TOO_LONG.
MaybeError CheckText(const std::string& text, const Path& field, size_t most = 128);

// VALUE_TOO_LONG, and a sealed value that can't be one.
MaybeError CheckPersonal(const carnet::v1::Personal& value, const Path& field);

// TOO_MANY_VALUES.
MaybeError CheckCount(int count, int most, const Path& field);

// The lengths of all texts and lists of a message, as its fields' options say them.
MaybeError CheckLimits(const google::protobuf::Message& message, const Path& field);

// NAME_MALFORMED.
MaybeError CheckCountry(const std::string& country, const Path& field);

MaybeError CheckContactObserved(const carnet::v1::ContactObserved& said, const Path& field);
MaybeError CheckPolicyChanged(const carnet::v1::PolicyChanged& changed, const Path& field);
MaybeError CheckConsent(const carnet::v1::ConsentRecorded& consent, const Path& field);

MaybeError CheckOrder(const carnet::v1::OrderObserved& order);

}  // namespace carnet::domain
