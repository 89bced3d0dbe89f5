#include "domain/identity/names.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "domain/identity/facts.h"

namespace carnet::domain::identity {
namespace {

using carnet::log::v1::SeenName;
using carnet::log::v1::SeenNamePart;

// A name has few parts; more than this say nothing new.
constexpr int kMostParts = 16;

bool IsInitial(const SeenNamePart& part) { return Shorter(part.token()) == part.initial(); }

bool HasDeletion(const SeenNamePart& part, uint32_t text) {
  return std::find(part.deletions().begin(), part.deletions().end(), text) !=
         part.deletions().end();
}

bool DifferByALetter(const SeenNamePart& a, const SeenNamePart& b) {
  if (HasDeletion(a, Shorter(b.token())) || HasDeletion(b, Shorter(a.token()))) return true;
  return std::any_of(a.deletions().begin(), a.deletions().end(),
                     [&](uint32_t text) { return HasDeletion(b, text); });
}

bool ShareRoot(const SeenNamePart& a, const SeenNamePart& b) {
  return (a.root() != 0 && (a.root() == b.token() || a.root() == b.root())) ||
         (b.root() != 0 && b.root() == a.token());
}

// How parts may agree, the surest first: each part is used once, for the surest.
constexpr std::array<bool (*)(const SeenNamePart&, const SeenNamePart&), 4> kAgreements = {
    [](const SeenNamePart& a, const SeenNamePart& b) { return a.token() == b.token(); },
    ShareRoot,
    DifferByALetter,
    [](const SeenNamePart& a, const SeenNamePart& b) {
      return (IsInitial(a) || IsInitial(b)) && a.initial() == b.initial() && a.initial() != 0;
    },
};

bool Is(const SeenNamePart& part, carnet::v1::IdentityTokenKind kind) {
  return part.kind() == kind;
}

// The parts of two names, each with one of the other that it agrees with, if there is one.
struct Pairing {
  int size_a = 0;
  int size_b = 0;
  uint32_t used_a = 0;  // bits by part
  uint32_t used_b = 0;
  int whole = 0;
  int initials = 0;
  bool given_agrees = false;
  bool family_agrees = false;
};

// Depends on who is first.
Pairing PairUp(const SeenName& a, const SeenName& b) {
  Pairing pairing{.size_a = std::min(a.parts_size(), kMostParts),
                  .size_b = std::min(b.parts_size(), kMostParts)};
  for (size_t how = 0; how < kAgreements.size(); ++how) {
    for (int i = 0; i < pairing.size_a; ++i) {
      if (pairing.used_a >> i & 1U) continue;
      for (int j = 0; j < pairing.size_b; ++j) {
        if (pairing.used_b >> j & 1U || !kAgreements[how](a.parts(i), b.parts(j))) continue;
        pairing.used_a |= 1U << i;
        pairing.used_b |= 1U << j;
        if (how + 1 == kAgreements.size() || IsInitial(a.parts(i))) {
          ++pairing.initials;
        } else {
          ++pairing.whole;
          for (const SeenNamePart* part : {&a.parts(i), &b.parts(j)}) {
            pairing.given_agrees |= Is(*part, carnet::v1::IDENTITY_TOKEN_KIND_NAME_GIVEN);
            pairing.family_agrees |= Is(*part, carnet::v1::IDENTITY_TOKEN_KIND_NAME_FAMILY);
          }
        }
        break;
      }
    }
  }
  return pairing;
}

}  // namespace

NameRelation Compare(const SeenName& a, const SeenName& b) {
  if (b.full() < a.full()) return Compare(b, a);
  if (a.parts().empty() || b.parts().empty()) return NameRelation::kUnknown;
  const auto [size_a, size_b, used_a, used_b, whole, initials, given_agrees, family_agrees] =
      PairUp(a, b);
  const int left_a = size_a - whole - initials;
  const int left_b = size_b - whole - initials;
  if (left_a == 0 || left_b == 0) {
    if (whole >= 2) return NameRelation::kFull;
    if (whole == 1 && initials > 0) return NameRelation::kInitial;
    if (whole == 0) return initials >= 2 ? NameRelation::kInitials : NameRelation::kUnknown;
    return given_agrees && !family_agrees ? NameRelation::kGiven : NameRelation::kFamily;
  }
  if (whole == 0) return NameRelation::kAllDiffer;
  if (given_agrees && !family_agrees) return NameRelation::kFamilyDiffers;
  if (family_agrees && !given_agrees) return NameRelation::kGivenDiffers;
  return NameRelation::kOneDiffers;
}

bool BeginAlike(const SeenName& a, const SeenName& b) {
  if (b.full() < a.full()) return BeginAlike(b, a);
  Pairing pairing = PairUp(a, b);
  int left = std::min(pairing.size_a, pairing.size_b) - pairing.whole - pairing.initials;
  for (int i = 0; i < pairing.size_a; ++i) {
    if (pairing.used_a >> i & 1U) continue;
    for (int j = 0; j < pairing.size_b; ++j) {
      if (pairing.used_b >> j & 1U || a.parts(i).initial() != b.parts(j).initial() ||
          a.parts(i).initial() == 0)
        continue;
      pairing.used_b |= 1U << j;
      --left;
      break;
    }
  }
  return left <= 0;
}

bool IsContained(const SeenName& name, const SeenName& fuller) {
  const auto whole_parts = [](const SeenName& each) {
    return std::count_if(each.parts().begin(), each.parts().end(),
                         [](const SeenNamePart& part) { return !IsInitial(part); });
  };
  return whole_parts(name) < whole_parts(fuller) && Compare(name, fuller) <= NameRelation::kFamily;
}

}  // namespace carnet::domain::identity
