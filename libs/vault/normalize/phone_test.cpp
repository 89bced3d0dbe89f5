#include "vault/normalize/phone.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"

namespace carnet::vault {
namespace {

// Numbers of the ranges that regulators keep for fiction (FR 06 39 98 and 01 99 00, DE 030 23125
// and 0171 39200, UK 020 7946 and 07700 900, AU 0491 570, US 555-01), and libphonenumber's examples
// where a country has none.
struct Case {
  const char* typed;
  const char* country;
  PhoneKind kind;
  const char* e164;
};

class PhoneTest : public testing::Test {
 protected:
  void Check(const std::vector<Case>& cases) const {
    for (const Case& each : cases) {
      SCOPED_TRACE(std::string(each.typed) + " in " + each.country);
      const NormalPhone phone = phones_.Normalize(each.typed, each.country);
      EXPECT_EQ(phone.kind, each.kind);
      EXPECT_EQ(phone.e164, each.e164);
    }
  }

  const PhoneNormalizer phones_;
};

TEST_F(PhoneTest, ReadsWhatPeopleTypeInTheirCountry) {
  Check({
      {"06 12 34 56 78", "FR", PhoneKind::kMobile, "+33612345678"},
      {"06.12.34.56.78", "fr", PhoneKind::kMobile, "+33612345678"},
      {"+33 (0)6 12 34 56 78", "VN", PhoneKind::kMobile, "+33612345678"},
      {"0033612345678", "AU", PhoneKind::kMobile, "+33612345678"},
      {"33612345678", "FR", PhoneKind::kMobile, "+33612345678"},
      {"\xC2\xA0"
       "01 99 00 12 34 ",
       "FR", PhoneKind::kLandline, "+33199001234"},
      {"0912 345 678", "VN", PhoneKind::kMobile, "+84912345678"},
      {"84912345678", "VN", PhoneKind::kMobile, "+84912345678"},
      {"0084 912 345 678", "VN", PhoneKind::kMobile, "+84912345678"},
      {"0171 39200 12", "DE", PhoneKind::kMobile, "+491713920012"},
      {"030 23125 123", "DE", PhoneKind::kLandline, "+493023125123"},
      {"06-12345678", "NL", PhoneKind::kMobile, "+31612345678"},
      {"010 123 4567", "NL", PhoneKind::kLandline, "+31101234567"},
      {"07400 123456", "GB", PhoneKind::kMobile, "+447400123456"},
      {"020 7946 0123", "GB", PhoneKind::kLandline, "+442079460123"},
      {"0491 570 156", "AU", PhoneKind::kMobile, "+61491570156"},
      // Mobile or landline can't be told there.
      {"(201) 555-0123", "US", PhoneKind::kOther, "+12015550123"},
      {"٠٩١٢٣٤٥٦٧٨", "VN", PhoneKind::kMobile, "+84912345678"},
  });
}

TEST_F(PhoneTest, VietnameseNumbersOfElevenDigitsBecomeTodays) {
  Check({
      {"01692345678", "VN", PhoneKind::kMobile, "+84392345678"},
      {"0169 234 5678", "VN", PhoneKind::kMobile, "+84392345678"},
      {"+84 169 234 5678", "FR", PhoneKind::kMobile, "+84392345678"},
      {"84 169 234 5678", "VN", PhoneKind::kMobile, "+84392345678"},
      {"+84 (0)120 234 5678", "VN", PhoneKind::kMobile, "+84702345678"},
      {"01232345678", "VN", PhoneKind::kMobile, "+84832345678"},
      {"01862345678", "VN", PhoneKind::kMobile, "+84562345678"},
      {"0199 234 5678", "VN", PhoneKind::kMobile, "+84592345678"},
      // Elsewhere these digits are what they are.
      {"01692345678", "FR", PhoneKind::kInvalid, ""},
  });
}

TEST_F(PhoneTest, PlaceholdersIdentifyNobody) {
  for (const char* typed : {"0000000000", "00000000", "99 99 99 99 99", "0123456789", "1234567890",
                            "9876543210", "0600000000", "+33600000000", "06 66 66 66 66"}) {
    SCOPED_TRACE(typed);
    EXPECT_EQ(phones_.Normalize(typed, "FR").kind, PhoneKind::kBlocked);
    EXPECT_EQ(phones_.Normalize(typed, "FR").e164, "");
  }
}

TEST_F(PhoneTest, WhatNobodyCanCallIsInvalid) {
  Check({
      {"", "FR", PhoneKind::kInvalid, ""},
      {"1234567", "FR", PhoneKind::kInvalid, ""},
      {"-1", "FR", PhoneKind::kInvalid, ""},
      {"anonymous", "FR", PhoneKind::kInvalid, ""},
      {"06 12 34 56", "FR", PhoneKind::kInvalid, ""},
      {"0612345678", "", PhoneKind::kInvalid, ""},  // no country to read it in
      {"0612345678", "XX", PhoneKind::kInvalid, ""},
  });
  EXPECT_EQ(phones_.Normalize(std::string(5000, '1') + "2", "FR").kind, PhoneKind::kInvalid);
}

// Whatever no plan knows yet, or was typed wrong, is one number however it is written, and of the
// kind of those around it.
TEST_F(PhoneTest, WhatNoPlanHasGivenOutIsStillANumber) {
  Check({
      {"06 39 98 00 01", "FR", PhoneKind::kMobile, "+33639980001"},  // kept for fiction
      {"+33 (0)6 39 98 00 01", "NL", PhoneKind::kMobile, "+33639980001"},
      {"0033639980001", "FR", PhoneKind::kMobile, "+33639980001"},
      {"33639980001", "FR", PhoneKind::kMobile, "+33639980001"},
      {"639980001", "FR", PhoneKind::kMobile, "+33639980001"},
      {"0697703305", "NL", PhoneKind::kMobile, "+31697703305"},
      {"31697703305", "NL", PhoneKind::kMobile, "+31697703305"},
  });
  EXPECT_FALSE(phones_.Normalize("06 39 98 00 01", "FR").assigned);
  EXPECT_TRUE(phones_.Normalize("06 12 34 56 78", "FR").assigned);
}

TEST_F(PhoneTest, ACacheOfFewEntriesStillAnswersRight) {
  const PhoneNormalizer small(16);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) {
      const std::string last = std::to_string(100 + i).substr(1);
      EXPECT_EQ(small.Normalize("01 99 00 12 " + last, "FR").e164, "+331990012" + last);
    }
  }
}

TEST_F(PhoneTest, ManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const std::string last = std::to_string(100 + i % 100).substr(1);
        if (phones_.Normalize("01990012" + last, "FR").e164 != "+331990012" + last) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

RC_GTEST_PROP(PhonePropertyTest, TheNormalFormGivesItselfInAnyCountry, ()) {
  static const PhoneNormalizer phones;
  const std::string country = *rc::gen::element<std::string>("FR", "VN", "NL", "DE", "AU", "GB");
  const std::string prefix =
      *rc::gen::element<std::string>("06", "016", "09", "0171", "0491", "+84");
  const std::string rest = *rc::gen::container<std::string>(8, rc::gen::inRange('0', ':'));
  const NormalPhone phone = phones.Normalize(prefix + rest, country);
  RC_CLASSIFY(!phone.e164.empty());
  if (phone.e164.empty()) return;
  for (const char* other : {"", "FR", "VN", "US"}) {
    const NormalPhone again = phones.Normalize(phone.e164, other);
    RC_ASSERT(again.e164 == phone.e164);
    RC_ASSERT(again.kind == phone.kind);
  }
}

}  // namespace
}  // namespace carnet::vault
