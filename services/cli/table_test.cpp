#include "cli/table.h"

#include <gtest/gtest.h>

#include "cli/text_width.h"

namespace carnet::cli {
namespace {

TEST(TextWidth, CountsColumnsNotBytesOrLetters) {
  EXPECT_EQ(DisplayWidth("Hoa"), 3);
  EXPECT_EQ(DisplayWidth("Hélène"), 6);
  EXPECT_EQ(DisplayWidth("Nguyễn"), 6);
  EXPECT_EQ(DisplayWidth("Nguye\u0302\u0303n"), 6) << "the same with marks that combine";
  EXPECT_EQ(DisplayWidth("Đỗ Thị Thu Hà"), 13);
  EXPECT_EQ(DisplayWidth("王小明"), 6);
  EXPECT_EQ(DisplayWidth("한국"), 4);
  EXPECT_EQ(DisplayWidth("\xF0\x9F\x8D\xB5"), 2) << "a cup of tea";
  EXPECT_EQ(DisplayWidth(""), 0);
}

TEST(TextWidth, WhatCouldMoveTheCursorIsShownAsAMark) {
  EXPECT_EQ(Printable("Hoa\x1B[2J"), "Hoa\uFFFD[2J");
  EXPECT_EQ(Printable("a\nb\tc\x7F"), "a\uFFFDb\uFFFDc\uFFFD");
  EXPECT_EQ(Printable("a\u0085z"), "a\uFFFDz") << "a control character of two bytes";
  EXPECT_EQ(Printable("a\u202Ez"), "a\uFFFDz") << "turns the direction of what follows";
  EXPECT_EQ(Printable("a\xC3"), "a\uFFFD") << "cut in the middle of a letter";
  EXPECT_EQ(Printable("\xC0\xAF\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD") << "no UTF-8";
  EXPECT_EQ(Printable("Đỗ 王 é"), "Đỗ 王 é");
}

TEST(Table, ColumnsAreAlignedForWideAndMarkedText) {
  Table table({{"NAME"}, {"OWES", Align::kRight}, {"ID"}});
  table.Add({"Nguyễn Thị Hoa", "450000 VND", "1"});
  table.Add({"王小明", "0.00 EUR", "2"});
  table.Add({"Léa", "", ""});
  EXPECT_EQ(table.Render(),
            "NAME                  OWES  ID\n"
            "Nguyễn Thị Hoa  450000 VND  1\n"
            "王小明            0.00 EUR  2\n"
            "Léa\n");
}

TEST(Table, ColumnsInWhichNothingStandsAreLeftOut) {
  Table table({{"A"}, {"EMPTY"}, {"B"}});
  table.Add({"1", "", "2"});
  EXPECT_EQ(table.Render(2), "  A  B\n  1  2\n");
}

TEST(Table, ACellStaysOneLine) {
  Table table({{"NAME"}});
  table.Add({"two\nlines\x1B[31m"});
  EXPECT_EQ(table.Render(), "NAME\ntwo\uFFFDlines\uFFFD[31m\n");
}

}  // namespace
}  // namespace carnet::cli
