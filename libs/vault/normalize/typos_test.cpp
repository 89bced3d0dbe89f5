#include "vault/normalize/typos.h"

#include <gtest/gtest.h>

namespace carnet::vault {
namespace {

TEST(Typos, MailHostsThatManyPeopleUse) {
  EXPECT_EQ(SuggestEmail("lea@gmial.com"), "lea@gmail.com");
  EXPECT_EQ(SuggestEmail("Lea.B@GMAIL.CON"), "Lea.B@gmail.com");
  EXPECT_EQ(SuggestEmail("lea@hotmial.fr"), "lea@hotmail.fr");
  EXPECT_EQ(SuggestEmail("lea@gmail,com"), "lea@gmail.com");
  EXPECT_EQ(SuggestEmail("lea@gmail..com"), "lea@gmail.com");
  EXPECT_EQ(SuggestEmail("lea@orage.fr"), "lea@orange.fr");
  EXPECT_EQ(SuggestEmail("lea@yahou.com.vn"), "lea@yahoo.com.vn");
}

TEST(Typos, TopLevelDomains) {
  EXPECT_EQ(SuggestEmail("contact@boulangerie-dupont.con"), "contact@boulangerie-dupont.com");
  EXPECT_EQ(SuggestEmail("contact@boulangerie.ffr"), "contact@boulangerie.fr");
}

TEST(Typos, WhatIsRightIsLeftAlone) {
  for (const char* right :
       {"lea@gmail.com", "lea@gmx.net", "lea@mail.fr", "lea@boulangerie-dupont.fr", "lea@a.co",
        "lea@fpt.vn", "lea@example.museum", "", "lea", "@gmail.com", "lea@"}) {
    EXPECT_EQ(SuggestEmail(right), "") << right;
  }
}

TEST(Typos, WebSites) {
  EXPECT_TRUE(IsWebSite("www.dupont.fr"));
  EXPECT_TRUE(IsWebSite("https://dupont.fr:8080/a?b#c"));
  EXPECT_TRUE(IsWebSite("bánh-mì.vn"));
  EXPECT_FALSE(IsWebSite("dupont"));
  EXPECT_FALSE(IsWebSite("ftp://dupont.fr"));
  EXPECT_FALSE(IsWebSite("www.dupont .fr"));
  EXPECT_EQ(SuggestWebSite("www,dupont.fr"), "www.dupont.fr");
  EXPECT_EQ(SuggestWebSite("ww.dupont.fr"), "www.dupont.fr");
  EXPECT_EQ(SuggestWebSite("wwww.dupont.fr"), "www.dupont.fr");
  EXPECT_EQ(SuggestWebSite("http//dupont.fr"), "http://dupont.fr");
  EXPECT_EQ(SuggestWebSite("www.dupont.con/page"), "www.dupont.com/page");
  EXPECT_EQ(SuggestWebSite("https://www.dupont.fr/x,y"), "");
}

}  // namespace
}  // namespace carnet::vault
