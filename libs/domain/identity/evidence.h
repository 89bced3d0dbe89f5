// What speaks for and against two source records being one customer, in points.
//
// Weights are facts found by measuring labelled streams, not preferences: they belong to the rules
// version. Scores are integers, in quarters of a point.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/identity_rows.pb.h"
#include "domain/identity/names.h"

namespace carnet::domain::identity {

using Score = int32_t;
inline constexpr Score kPoint = 4;

// Two records are linked by the rules from here on, if something strong is among the evidence.
inline constexpr Score kAutomatic = 9 * kPoint;
// And suggested from here on.
inline constexpr Score kSuggested = 5 * kPoint;

// A value on more records than this identifies nobody, and neither does one that this many names
// use: the shop's own number, a cashier's mobile, a mailbox that is typed to get past a field.
inline constexpr uint32_t kMaxRecords = 60;
inline constexpr int kMobileNames = 4;
inline constexpr int kLandlineNames = 6;
inline constexpr int kEmailNames = 3;
// A home has few people.
inline constexpr uint32_t kMaxAtHome = 12;

// One reason, as it is shown. The numbers stand in LinkEdge.evidence as bits: never reuse one.
enum class Evidence : uint32_t {
  kEmail = 0,
  kMobile,
  kLandline,
  kPhone,
  kCompanyNumber,
  kBirthDate,
  kFullName,
  kInitial,
  kGivenName,
  kFamilyNameOnly,
  kAloneAtHome,
  kAddress,
  kStreetOrTown,
  kFormerPhone,
  kOtherEmail,
  kOtherMobile,
  kNameDiffers,
  kNamesDiffer,
  kBirthDateNear,
  kBirthDateDiffers,
  kCompanyNumberDiffers,
  kCompanyAndPerson,
  kOtherAddress,
  kRareName,
  kCommonName,
  kLongAgo,
  kInitials,
  kNamesBeginAlike,
};
inline constexpr uint32_t kEvidenceCount = 28;
// In words: "the same e-mail".
std::string_view Words(Evidence evidence);
// For programs: "EMAIL". Never renamed.
std::string_view Code(Evidence evidence);

// A source record's identity, read once.
struct Card {
  Uuid id;
  carnet::log::v1::IdentityRow row;

  // A phone or e-mail, without those that were corrected soon after.
  struct Value {
    carnet::v1::IdentityTokenKind kind;
    uint64_t token;
    carnet::v1::ValueFlag line;
    int64_t first_at;
    int64_t last_at;
    bool current;
  };
  std::vector<Value> values;

  // The names it goes by, of `row`, without those that another one says more fully; of a company
  // its name. The latest first.
  std::vector<int> names;
  const carnet::log::v1::SeenName& name(size_t i) const;

  bool is_company() const { return row.type() == carnet::v1::PARTY_TYPE_COMPANY; }
  const Value* Find(carnet::v1::IdentityTokenKind kind, uint64_t token) const;
};
Card MakeCard(const Uuid& id, carnet::log::v1::IdentityRow row);

// What the comparison needs to know beside the two cards.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  // How many different names use a value; 0: too many, or too many records: it identifies nobody.
  virtual int NamesOn(carnet::v1::IdentityTokenKind kind, uint64_t token) const = 0;
  // Whether the card's home is known, and nobody else of that family name there.
  virtual bool IsAloneAtHome(const Card& card, const Card& visitor) const = 0;
  // How many records have a full name.
  virtual uint32_t RecordsNamed(uint64_t full_name) const = 0;
};

// What two names, of the best pair among those that two records have had, are to each other; of a
// company its name.
NameRelation CompareNames(const Card& a, const Card& b);

struct Pair {
  Score score = 0;
  bool strong = false;    // enough to link without asking
  bool conflict = false;  // never in one customer but by a person's word
  uint32_t evidence = 0;  // bits by Evidence

  bool automatic() const { return strong && !conflict && score >= kAutomatic; }
};
// Symmetric.
Pair ComparePair(const Card& a, const Card& b, const Surroundings& around);

// The same for a suggestion, which a person will judge: differences weigh less, and a name speaks
// by itself, the more the rarer it is.
Pair CompareForSuggestion(const Card& a, const Card& b, const Surroundings& around);

// Whether the rules may ever put the two into one customer: whatever else they share.
bool InConflict(const Card& a, const Card& b);

}  // namespace carnet::domain::identity
