#include "domain/identity/evidence.h"

#include <algorithm>
#include <array>
#include <optional>

#include "domain/identity/facts.h"

namespace carnet::domain::identity {
namespace {

using carnet::log::v1::IdentityRow;
using carnet::log::v1::SeenName;
using carnet::log::v1::SeenValue;

constexpr auto kPhone = carnet::v1::IDENTITY_TOKEN_KIND_PHONE;
constexpr auto kEmail = carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL;
constexpr int64_t kDay = 86'400;
constexpr int64_t kMistake = 14 * kDay;
constexpr int64_t kGap = 60 * kDay;
constexpr int64_t kLong = 540 * kDay;

constexpr Score Half(int halves) { return halves * kPoint / 2; }

constexpr uint32_t Bit(Evidence evidence) { return 1U << static_cast<uint32_t>(evidence); }

class Sum {
 public:
  explicit Sum(Pair* pair) : pair_(pair) {}
  void Add(Score score, Evidence evidence) {
    pair_->score += score;
    pair_->evidence |= Bit(evidence);
  }

 private:
  Pair* pair_;
};

bool HasCurrent(const Card& card, carnet::v1::IdentityTokenKind kind, bool mobile_only) {
  return std::any_of(card.values.begin(), card.values.end(), [&](const Card::Value& value) {
    return value.current && value.kind == kind &&
           (!mobile_only || value.line == carnet::v1::VALUE_FLAG_MOBILE);
  });
}

bool Share(const Card& a, const Card& b, carnet::v1::IdentityTokenKind kind) {
  return std::any_of(a.values.begin(), a.values.end(), [&](const Card::Value& value) {
    return value.kind == kind && b.Find(kind, value.token) != nullptr;
  });
}

// A number that one side has left belongs to somebody else by now, the more surely the longer ago.
Score Recency(const Card::Value& a, const Card::Value& b) {
  const int64_t gap =
      std::max<int64_t>(0, std::max(a.first_at, b.first_at) - std::min(a.last_at, b.last_at));
  if (a.current && b.current) return gap > kLong ? -kPoint : 0;
  return gap > kGap ? -4 * kPoint : -2 * kPoint;
}

void AddEmails(const Card& a, const Card& b, const Surroundings& around, Pair* pair) {
  Score best = 0;
  for (const Card::Value& value : a.values) {
    if (value.kind != kEmail || b.Find(kEmail, value.token) == nullptr) continue;
    const int names = around.NamesOn(kEmail, value.token);
    if (names > 0) best = std::max(best, 11 * kPoint - 2 * kPoint * (names - 1));
  }
  Sum sum(pair);
  if (best > 0) {
    sum.Add(best, Evidence::kEmail);
    pair->strong = pair->strong || best >= 5 * kPoint;
  } else if (!Share(a, b, kEmail) && HasCurrent(a, kEmail, false) && HasCurrent(b, kEmail, false)) {
    sum.Add(-2 * kPoint, Evidence::kOtherEmail);
  }
}

// The mobile that both have, if any.
bool AddPhones(const Card& a, const Card& b, const Surroundings& around, Pair* pair) {
  Score best = 0;
  Score best_recency = 0;
  Evidence what = Evidence::kPhone;
  for (const Card::Value& value : a.values) {
    if (value.kind != kPhone) continue;
    const Card::Value* const other = b.Find(kPhone, value.token);
    if (other == nullptr) continue;
    const int names = around.NamesOn(kPhone, value.token);
    if (names == 0) continue;
    const bool landline = value.line == carnet::v1::VALUE_FLAG_LANDLINE ||
                          other->line == carnet::v1::VALUE_FLAG_LANDLINE;
    const bool mobile = !landline && (value.line == carnet::v1::VALUE_FLAG_MOBILE ||
                                      other->line == carnet::v1::VALUE_FLAG_MOBILE);
    const Score recency = Recency(value, *other);
    const Score score = (landline ? 5 : 9) * kPoint - Half(3) * (names - 1) + recency;
    if (score <= best) continue;
    best = score;
    best_recency = recency;
    what = landline ? Evidence::kLandline : mobile ? Evidence::kMobile : Evidence::kPhone;
  }
  Sum sum(pair);
  if (best > 0) {
    sum.Add(best, what);
    if (best_recency == -kPoint) sum.Add(0, Evidence::kLongAgo);
    if (best_recency < -kPoint) sum.Add(0, Evidence::kFormerPhone);
    pair->strong = pair->strong || best >= 5 * kPoint;
  } else if (!Share(a, b, kPhone) && HasCurrent(a, kPhone, true) && HasCurrent(b, kPhone, true)) {
    sum.Add(-2 * kPoint, Evidence::kOtherMobile);
  }
  return best > 0 && what != Evidence::kLandline;
}

// Whether one has a number of the other, or both have numbers and none in common.
std::optional<bool> SameNumber(const Card& a, const Card& b) {
  const auto& of_a = a.row.company_numbers().tokens();
  const auto& of_b = b.row.company_numbers().tokens();
  if (of_a.empty() || of_b.empty()) return std::nullopt;
  return std::any_of(of_a.begin(), of_a.end(), [&](uint64_t number) {
    return std::find(of_b.begin(), of_b.end(), number) != of_b.end();
  });
}

std::optional<bool> SameBirthDate(const Card& a, const Card& b) {
  if (!a.row.has_birth_date() || !b.row.has_birth_date()) return std::nullopt;
  return a.row.birth_date().token() == b.row.birth_date().token();
}

Score AddressScore(const Card& a, const Card& b) {
  Score best = Half(-1);
  for (const auto& one : a.row.addresses()) {
    for (const auto& two : b.row.addresses()) {
      Score score = Half(-1);
      if (one.full() == two.full()) {
        score = 3 * kPoint;
      } else if ((one.no_postcode() != 0 && one.no_postcode() == two.no_postcode()) ||
                 (one.door() != 0 && one.door() == two.door())) {
        score = Half(5);
      } else if (one.street() != 0 && one.street() == two.street()) {
        score = Half(3);
      } else if ((one.town() != 0 && one.town() == two.town()) ||
                 (one.house_number() != 0 && one.house_number() == two.house_number())) {
        score = kPoint;
      }
      best = std::max(best, score);
    }
  }
  return best;
}

void AddAddresses(const Card& a, const Card& b, Pair* pair) {
  if (a.row.addresses().empty() || b.row.addresses().empty()) return;
  const Score score = AddressScore(a, b);
  Sum(pair).Add(score, score >= Half(5) ? Evidence::kAddress
                       : score > 0      ? Evidence::kStreetOrTown
                                        : Evidence::kOtherAddress);
}

bool IsSelfChosen(const Card& card) {
  for (size_t i = 0; i < card.names.size(); ++i) {
    if (!card.name(i).self_chosen()) return false;
  }
  return true;
}

bool ConflictOf(const Card& a, const Card& b, NameRelation names, bool share_email) {
  if (SameNumber(a, b) == false || SameBirthDate(a, b) == false) return true;
  switch (names) {
    case NameRelation::kAllDiffer:
      return !IsSelfChosen(a) && !IsSelfChosen(b);
    case NameRelation::kGivenDiffers:
    case NameRelation::kOneDiffers:
    case NameRelation::kFamilyDiffers:
      return !share_email;
    default:
      return a.is_company() != b.is_company() && names != NameRelation::kFull;
  }
}

constexpr std::array<std::string_view, kEvidenceCount> kWords = {
    "the same e-mail",
    "the same mobile number",
    "the same landline",
    "the same phone number",
    "the same company number",
    "the same date of birth",
    "the same name",
    "the same family name and initial",
    "the same given name",
    "no more than a family name, or no name",
    "nobody else of that name at the address",
    "the same address",
    "the same street or town",
    "one of them has left that number",
    "another e-mail",
    "another mobile number",
    "a part of the name differs",
    "the names differ",
    "dates of birth that differ by one slip",
    "another date of birth",
    "another company number",
    "one is a company, the other a person",
    "another address",
    "a rare name",
    "a common name",
    "long ago",
    "the same initials",
    "names that begin alike",
};

constexpr std::array<std::string_view, kEvidenceCount> kCodes = {"EMAIL",
                                                                 "MOBILE",
                                                                 "LANDLINE",
                                                                 "PHONE",
                                                                 "COMPANY_NUMBER",
                                                                 "BIRTH_DATE",
                                                                 "FULL_NAME",
                                                                 "INITIAL",
                                                                 "GIVEN_NAME",
                                                                 "FAMILY_NAME_ONLY",
                                                                 "ALONE_AT_HOME",
                                                                 "ADDRESS",
                                                                 "STREET_OR_TOWN",
                                                                 "FORMER_PHONE",
                                                                 "OTHER_EMAIL",
                                                                 "OTHER_MOBILE",
                                                                 "NAME_DIFFERS",
                                                                 "NAMES_DIFFER",
                                                                 "BIRTH_DATE_NEAR",
                                                                 "BIRTH_DATE_DIFFERS",
                                                                 "COMPANY_NUMBER_DIFFERS",
                                                                 "COMPANY_AND_PERSON",
                                                                 "OTHER_ADDRESS",
                                                                 "RARE_NAME",
                                                                 "COMMON_NAME",
                                                                 "LONG_AGO",
                                                                 "INITIALS",
                                                                 "NAMES_BEGIN_ALIKE"};

}  // namespace

std::string_view Words(Evidence evidence) { return kWords[static_cast<size_t>(evidence)]; }
std::string_view Code(Evidence evidence) { return kCodes[static_cast<size_t>(evidence)]; }

const Card::Value* Card::Find(carnet::v1::IdentityTokenKind kind, uint64_t token) const {
  for (const Value& value : values) {
    if (value.kind == kind && value.token == token) return &value;
  }
  return nullptr;
}

Card MakeCard(const Uuid& id, IdentityRow row) {
  Card card{.id = id, .row = std::move(row), .values = {}, .names = {}};
  const auto& names = card.row.names();
  if (card.is_company() && card.row.has_company_name()) {
    card.names.push_back(-1);
  } else {
    for (int i = 0; i < names.size(); ++i) {
      const bool contained = std::any_of(names.begin(), names.end(), [&](const SeenName& other) {
        return IsContained(names[i], other);
      });
      if (!contained) card.names.push_back(i);
    }
  }
  const auto last_at = [](const SeenValue& value) {
    return value.first_at() + static_cast<int64_t>(value.lasted());
  };
  for (const SeenValue& value : card.row.values()) {
    // When something else of its kind was said after it.
    std::optional<int64_t> replaced_at;
    for (const SeenValue& other : card.row.values()) {
      if (other.kind() != value.kind() || last_at(other) <= last_at(value)) continue;
      const int64_t at = other.first_at() > last_at(value) ? other.first_at() : last_at(other);
      replaced_at = std::min(replaced_at.value_or(at), at);
    }
    // Soon replaced, it was a mistake.
    if (replaced_at && *replaced_at - value.first_at() <= kMistake) continue;
    card.values.push_back({.kind = value.kind(),
                           .token = value.token(),
                           .line = value.line(),
                           .first_at = value.first_at(),
                           .last_at = last_at(value),
                           .current = !replaced_at});
  }
  return card;
}

const SeenName& Card::name(size_t i) const {
  return names[i] < 0 ? row.company_name() : row.names(names[i]);
}

NameRelation CompareNames(const Card& a, const Card& b) {
  if (a.names.empty() || b.names.empty()) return NameRelation::kUnknown;
  NameRelation best = NameRelation::kAllDiffer;
  for (size_t i = 0; i < a.names.size(); ++i) {
    for (size_t j = 0; j < b.names.size(); ++j)
      best = std::min(best, Compare(a.name(i), b.name(j)));
  }
  return best;
}

bool InConflict(const Card& a, const Card& b) {
  return ConflictOf(a, b, CompareNames(a, b), Share(a, b, kEmail));
}

namespace {

// 5 - 2·log2(count), at least -4, in quarters: 8·log2(count) is the logarithm of count to the 8th.
Score Rarity(uint32_t count) {
  if (count > 22) return -4 * kPoint;
  uint64_t power = 1;
  for (int i = 0; i < 8; ++i) power *= std::max(count, 1U);
  return 5 * kPoint - (63 - __builtin_clzll(power));
}

// A name that is written alike on both sides speaks by itself, the more the rarer it is; one that
// only contains the other, or is a letter away, less; one that somebody chose to be shown by,
// least.
void AddRarity(const Card& a, const Card& b, const Surroundings& around, Pair* pair) {
  uint32_t count = 0;
  bool alike = false;
  for (size_t i = 0; i < a.names.size(); ++i) {
    for (size_t j = 0; j < b.names.size(); ++j)
      alike = alike || a.name(i).full() == b.name(j).full();
  }
  for (const Card* card : {&a, &b}) {
    for (size_t i = 0; i < card->names.size(); ++i) {
      const SeenName& name = card->name(i);
      if (name.parts_size() > 1) count = std::max(count, around.RecordsNamed(name.full()));
    }
  }
  Score score = Rarity(count);
  if (!alike || IsSelfChosen(a) || IsSelfChosen(b)) score = std::min(score, Half(1));
  // Nor is a name alone as good as a name and anything else.
  constexpr uint32_t kDoubts = Bit(Evidence::kFullName) | Bit(Evidence::kOtherEmail) |
                               Bit(Evidence::kOtherMobile) | Bit(Evidence::kOtherAddress);
  if ((pair->evidence & ~kDoubts) == 0) score = std::min(score, Half(5));
  Sum(pair).Add(score, score > 0 ? Evidence::kRareName : Evidence::kCommonName);
}

bool IsNear(const Card& a, const Card& b) {
  const auto& near = a.row.birth_date().near();
  return std::find(near.begin(), near.end(), Shorter(b.row.birth_date().token())) != near.end();
}

// Where only the name speaks, what differs counts more.
void AddDoubts(const Card& a, const Card& b, Pair* pair) {
  const auto has = [&](Evidence evidence) { return (pair->evidence & Bit(evidence)) != 0; };
  if (has(Evidence::kOtherEmail)) pair->score -= kPoint;
  if (has(Evidence::kOtherMobile)) pair->score -= kPoint;
  if (has(Evidence::kOtherAddress) && !a.row.addresses().empty() && !b.row.addresses().empty())
    pair->score -= Half(5);
}

// A part that differs may have several letters wrong: where it begins alike, it says less.
bool NamesBeginAlike(const Card& a, const Card& b, NameRelation relation) {
  for (size_t i = 0; i < a.names.size(); ++i) {
    for (size_t j = 0; j < b.names.size(); ++j) {
      if (Compare(a.name(i), b.name(j)) == relation && BeginAlike(a.name(i), b.name(j)))
        return true;
    }
  }
  return false;
}

bool ShareHome(const Card& a, const Card& b) {
  return !a.row.addresses().empty() && !b.row.addresses().empty() && AddressScore(a, b) >= Half(5);
}

// For a suggestion: names of which a part, or all, differ.
void AddDifferentNames(const Card& a, const Card& b, NameRelation relation, Pair* pair) {
  Sum sum(pair);
  const bool alike = NamesBeginAlike(a, b, relation);
  if (alike) sum.Add(0, Evidence::kNamesBeginAlike);
  if (relation == NameRelation::kAllDiffer) {
    // What people choose to be shown by need not be their name.
    const bool chosen = IsSelfChosen(a) || IsSelfChosen(b);
    sum.Add(chosen ? Half(-3) : (alike ? -2 : -6) * kPoint, Evidence::kNamesDiffer);
    return;
  }
  const Score differs = (relation == NameRelation::kFamilyDiffers ? -2 : -3) * kPoint;
  sum.Add(alike ? Half(5) : differs, Evidence::kNameDiffers);
  // Who shares a family name and a home lives together: that is no sign of one person.
  if (!alike && relation == NameRelation::kGivenDiffers && ShareHome(a, b))
    pair->score -= AddressScore(a, b);
}

enum class Purpose { kLink, kSuggestion };

Pair CompareFor(Purpose purpose, const Card& a, const Card& b, const Surroundings& around) {
  const bool suggest = purpose == Purpose::kSuggestion;
  Pair pair;
  Sum sum(&pair);
  const NameRelation names = CompareNames(a, b);
  pair.conflict = ConflictOf(a, b, names, Share(a, b, kEmail));

  AddEmails(a, b, around, &pair);
  const bool share_mobile = AddPhones(a, b, around, &pair);
  if (const auto same = SameNumber(a, b)) {
    sum.Add(*same ? 12 * kPoint : -14 * kPoint,
            *same ? Evidence::kCompanyNumber : Evidence::kCompanyNumberDiffers);
    pair.strong = pair.strong || *same;
  }
  if (const auto same = SameBirthDate(a, b)) {
    if (*same) {
      sum.Add(9 * kPoint, Evidence::kBirthDate);
      pair.strong = pair.strong || names == NameRelation::kFull;
    } else if (!suggest) {
      sum.Add(-14 * kPoint, Evidence::kBirthDateDiffers);
    } else if (IsNear(a, b)) {
      sum.Add(3 * kPoint, Evidence::kBirthDateNear);
    } else {
      sum.Add(-4 * kPoint, Evidence::kBirthDateDiffers);
    }
  }
  AddAddresses(a, b, &pair);

  switch (names) {
    case NameRelation::kFull:
      sum.Add(6 * kPoint, Evidence::kFullName);
      if (suggest) {
        AddRarity(a, b, around, &pair);
        if (!pair.strong) AddDoubts(a, b, &pair);
      }
      break;
    case NameRelation::kInitial:
      sum.Add(4 * kPoint, Evidence::kInitial);
      break;
    case NameRelation::kGiven:
      sum.Add(suggest ? Half(5) : 2 * kPoint, Evidence::kGivenName);
      break;
    case NameRelation::kInitials:
      sum.Add(2 * kPoint, Evidence::kInitials);
      break;
    case NameRelation::kUnknown:
    case NameRelation::kFamily:
      sum.Add(-kPoint, Evidence::kFamilyNameOnly);
      if (share_mobile && (around.IsAloneAtHome(a, b) || around.IsAloneAtHome(b, a)))
        sum.Add(2 * kPoint, Evidence::kAloneAtHome);
      break;
    case NameRelation::kFamilyDiffers:
    case NameRelation::kGivenDiffers:
    case NameRelation::kOneDiffers:
    case NameRelation::kAllDiffer:
      if (suggest) {
        AddDifferentNames(a, b, names, &pair);
      } else if (names == NameRelation::kAllDiffer) {
        sum.Add(-9 * kPoint, Evidence::kNamesDiffer);
      } else {
        sum.Add(-4 * kPoint, Evidence::kNameDiffers);
      }
      break;
  }
  if (a.is_company() != b.is_company()) {
    if (names != NameRelation::kFull) sum.Add(-6 * kPoint, Evidence::kCompanyAndPerson);
  } else if (a.is_company() && SameNumber(a, b) != true && AddressScore(a, b) < Half(5)) {
    sum.Add(-12 * kPoint, Evidence::kOtherAddress);
  }
  return pair;
}

}  // namespace

Pair ComparePair(const Card& a, const Card& b, const Surroundings& around) {
  return CompareFor(Purpose::kLink, a, b, around);
}

Pair CompareForSuggestion(const Card& a, const Card& b, const Surroundings& around) {
  return CompareFor(Purpose::kSuggestion, a, b, around);
}

}  // namespace carnet::domain::identity
