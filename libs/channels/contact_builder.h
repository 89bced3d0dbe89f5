// Contacts out of payloads: what is empty is left out, and nothing is said twice.
#pragma once

#include <string>
#include <string_view>

#include "carnet/v1/contact.pb.h"
#include "channels/json.h"

namespace carnet::channels {

// All take text as the channel has it; white space around it is dropped, and what is beyond the
// 4096 bytes that a value may have.
class ContactBuilder {
 public:
  explicit ContactBuilder(v1::Contact* contact) : contact_(contact) {}

  // Only the first name that says anything is kept.
  void Name(std::string_view given, std::string_view family);
  void FullName(std::string_view full);
  void Company(std::string_view name);
  // The same in other letters is the same.
  void Email(std::string_view email);
  // Needs a digit, of any script. The same with other signs between its digits is the same. Two in
  // one field ("0912 345 678 / 0976 543 218") are two.
  void Phone(std::string_view phone);
  // The phone of whoever goods are sent to: not where another is known and the name is of somebody
  // else, to whom the present goes.
  void RecipientPhone(std::string_view phone, std::string_view given, std::string_view family);
  void CompanyNumber(std::string_view scheme, std::string_view number);
  // YYYY-MM-DD with anything behind it; another form is kept as typed. Years before 1800 stand for
  // none ("0001-01-01", "0000-09-01").
  void BirthDate(std::string_view date);
  void Language(std::string_view language);
  // Two letters, either case; anything else says nothing. The first one counts.
  void Country(std::string_view country);

  struct AddressParts {
    std::string recipient, line1, line2, postcode, town, region, country;
  };
  void Address(const AddressParts& parts, v1::AddressUse use);

  bool says_nothing() const { return contact_->ByteSizeLong() == 0; }

 private:
  v1::Contact* const contact_;
};

// Two capitals, or empty.
std::string CountryCode(std::string_view country);

}  // namespace carnet::channels
