#include "vault/normalize/fold.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"

namespace carnet::vault {
namespace {

using testing::ElementsAre;

TEST(FoldTest, DropsCaseAndMarksInEveryLatinLanguage) {
  EXPECT_EQ(Fold("Nguyễn Thị Ánh Đào"), "nguyen thi anh dao");
  EXPECT_EQ(Fold("HÉLÈNE Lefèvre-Ñuñez"), "helene lefevre-nunez");
  EXPECT_EQ(Fold("Jürgen Großmann"), "jurgen grossmann");
  EXPECT_EQ(Fold("Łukasz Sørensen Œuvrard Þór"), "lukasz sorensen oeuvrard thor");
  EXPECT_EQ(Fold("İstanbul ırmak"), "istanbul irmak");
}

TEST(FoldTest, ComposedAndDecomposedAreTheSame) {
  EXPECT_EQ(Fold("Zoe\xCC\x88"), Fold("Zo\xC3\xAB"));
}

TEST(FoldTest, KeepsVowelSignsOfOtherScripts) {
  EXPECT_NE(Fold("กี"), Fold("กิ"));
  EXPECT_EQ(Fold("Άννα"), Fold("αννα"));
}

TEST(FoldTest, BadBytesBecomeReplacementCharacters) { EXPECT_EQ(Fold("a\xFFz"), "a\xEF\xBF\xBDz"); }

TEST(FoldTest, WordsAreRunsOfLettersDigitsAndMarks) {
  EXPECT_THAT(Words("jean-pierre d'12b 東京!"), ElementsAre("jean", "pierre", "d", "12b", "東京"));
  EXPECT_THAT(Words(" - "), ElementsAre());
}

TEST(FoldTest, TrimTakesNoBreakSpacesToo) { EXPECT_EQ(Trim("\xC2\xA0 a b\t\xC2\xA0"), "a b"); }

std::string Utf8(const std::vector<char32_t>& letters) {
  std::string text;
  for (const char32_t c : letters) {
    if (c < 0x80) {
      text.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
      text.push_back(static_cast<char>(0xC0 | c >> 6));
      text.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    } else {
      text.push_back(static_cast<char>(0xE0 | c >> 12));
      text.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
      text.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    }
  }
  return text;
}

RC_GTEST_PROP(FoldPropertyTest, IsIdempotent, ()) {
  const auto letters = *rc::gen::container<std::vector<char32_t>>(
      rc::gen::map(rc::gen::inRange<uint32_t>(1, 0xFFFF), [](uint32_t c) {
        return static_cast<char32_t>(c >= 0xD800 && c < 0xE000 ? c - 0xD700 : c);
      }));
  const std::string folded = Fold(Utf8(letters));
  RC_ASSERT(Fold(folded) == folded);
}

}  // namespace
}  // namespace carnet::vault
