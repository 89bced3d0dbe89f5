// Word lists for names. All words are folded. Only for name.cpp and its tests.
#pragma once

#include <string_view>

namespace carnet::vault {

// Titles of any language: Mme, Dr, Herr.
bool IsTitle(std::string_view part);
// Vietnamese forms of address that are also names (anh, chị): titles only in front of something
// else.
bool IsVietnameseTitle(std::string_view part);
// van, de, von: stand in some writings of a name and not in others.
bool IsParticle(std::string_view part);
// Family names that hardly anybody but Vietnamese has.
bool IsVietnameseFamilyName(std::string_view part);
// SARL, GmbH, TNHH.
bool IsLegalForm(std::string_view part);
// Empty if it is no nickname.
std::string_view RootOf(std::string_view part);

}  // namespace carnet::vault
