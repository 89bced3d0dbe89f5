// Whether two names can be one person's.
#pragma once

#include "carnet/log/v1/identity_rows.pb.h"

namespace carnet::domain::identity {

// From what says most for one person to what says most against.
enum class NameRelation {
  kFull,           // two parts or more agree, and nothing is left over on one side
  kInitial,        // one part agrees, and the initial of another
  kGiven,          // one side gives only a given name, which agrees
  kInitials,       // of given and family name each, one side gives only the initial: both agree
  kUnknown,        // one side has no name, or no more than an initial
  kFamily,         // one side gives only a family name (or a part of unknown role), which agrees
  kFamilyDiffers,  // a given name agrees, another part does not
  kGivenDiffers,   // a family name agrees, the given names do not
  kOneDiffers,     // a part of unknown role agrees, another does not
  kAllDiffer,      // nothing agrees
};

// Parts agree where they are equal, one is the other's nickname, or (five letters or more) they
// differ by one letter; an initial agrees with what begins with it. Symmetric.
NameRelation Compare(const carnet::log::v1::SeenName& a, const carnet::log::v1::SeenName& b);

// Whether those parts of two names that do not agree begin with the same letter, as far as both
// have some: they may be one name with several letters wrong. Symmetric.
bool BeginAlike(const carnet::log::v1::SeenName& a, const carnet::log::v1::SeenName& b);

// Whether `name` says no more than `fuller`: "Leroy M" beside "Marine Leroy". False for equal ones.
bool IsContained(const carnet::log::v1::SeenName& name, const carnet::log::v1::SeenName& fuller);

}  // namespace carnet::domain::identity
