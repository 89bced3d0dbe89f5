// A customer's card: the union of its members' cells, opened, with where each came from.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/customer.pb.h"
#include "carnet/v1/policy.pb.h"
#include "domain/customers/cells.h"
#include "domain/state.h"
#include "vault/opener.h"

namespace carnet::query {

// What whoever wants a card has at hand, and does without.
struct CardParts {
  // The row of the customer's own record.
  std::optional<std::string_view> record_row;
  const vault::KeyBatch* keys = nullptr;
  // Without origins, etag and flags of how it stands: for who wants values alone.
  bool values_alone = false;
};

// Fills `card`, which must be empty, with the customer whose own id (its oldest member's) is
// `customer`, as `policy` lets it be seen. What only a FULL view has is left out: see full_card.h.
// Errors: NOT_FOUND(CUSTOMER_UNKNOWN), OUT_OF_RANGE(OVERFLOW), the opener's.
absl::Status FillCard(const domain::Reader& reader, const vault::Opener& opener,
                      const carnet::v1::MerchantPolicy& policy, std::string_view merchant,
                      const Uuid& customer, const CardParts& parts, carnet::v1::Customer* card);

// All that the members of a customer have for one field.
struct FieldContest {
  uint32_t field = 0;
  std::string_view key;
  size_t begin = 0;  // of contenders
  size_t end = 0;
};

// Cells of several records, by field and key; within one field in the members' order.
class Contest {
 public:
  void Add(const carnet::log::v1::Cell& cell, const carnet::log::v1::RecordRow& record,
           size_t member);
  // After the last Add().
  std::vector<FieldContest> Fields();

  struct Entry : domain::Contender {
    size_t member;  // whose record it is
  };
  absl::Span<const Entry> entries(const FieldContest& field) const {
    return absl::MakeConstSpan(entries_).subspan(field.begin, field.end - field.begin);
  }

 private:
  std::vector<Entry> entries_;
};

// Whether policy hides what cards have in a field.
bool IsHiddenField(const carnet::v1::MerchantPolicy& policy, const carnet::log::v1::Cell& cell);

// Where a cell came from. `record`: customers/{id}.
void FillOrigin(const carnet::log::v1::Cell& cell, const carnet::log::v1::RecordRow& row,
                std::string_view record, carnet::v1::FieldOrigin* origin);

// What to call a customer, see Customer.display_name: of these, empty where there is none.
struct NameSources {
  std::string_view company_name;
  std::string_view full_name;
  std::string_view given_name;
  std::string_view family_name;
  std::string_view email;        // the first one that is not empty
  std::string_view phone;        // likewise
  std::string_view external_id;  // of the oldest member that has one
};
std::string DisplayName(const NameSources& sources);

}  // namespace carnet::query
