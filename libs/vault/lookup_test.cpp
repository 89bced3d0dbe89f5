#include "vault/lookup.h"

#include "gtest/gtest.h"

#include "vault/embedded_key_store.h"
#include "vault/sealer.h"
#include "vault/test_support.h"

namespace carnet::vault {
namespace {

class LookupTest : public testing::Test {
 protected:
  std::string Derive(const std::string& contact) const {
    const auto id = lookup_.DerivedExternalId("m1", FromText<v1::Contact>(contact), "FR");
    EXPECT_TRUE(id.ok()) << id.status();
    return *id;
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<KeyStore> store_ =
      *OpenEmbeddedKeyStore(folder_ / "keys", Key::Random(), true);
  mutable KeyRing ring_{store_.get()};
  mutable PhoneNormalizer phones_;
  const Lookup lookup_{&ring_, &phones_};
};

TEST_F(LookupTest, FindsWhatTheSealerWrote) {
  auto body = FromText<v1::Body>(R"pb(
    contact_observed {
      contact {
        emails { plain: "Marie.Dupont@example.com" }
        phones { plain: "06 12 34 56 78" }
      }
    })pb");
  NewKeys keys;
  ASSERT_TRUE(Sealer(&ring_, &phones_).Seal("m1", Uuid::Random(), "FR", &body, &keys).ok());
  const v1::Contact& contact = body.contact_observed().contact();
  EXPECT_EQ(*lookup_.EmailToken("m1", "marie.dupont@EXAMPLE.com"),
            contact.emails(0).sealed().tokens(0).value());
  EXPECT_EQ(*lookup_.PhoneToken("m1", "+33 6 12 34 56 78", "VN"),
            contact.phones(0).sealed().tokens(0).value());
  EXPECT_NE(*lookup_.PhoneToken("m1", "0612345679", "FR"),
            contact.phones(0).sealed().tokens(0).value());
}

TEST_F(LookupTest, NothingToSearchForIsEmptyAndMakesNoKeys) {
  EXPECT_EQ(*lookup_.EmailToken("nobody", "marie@example.com"), "");
  EXPECT_EQ(*lookup_.PhoneToken("nobody", "0612345678", "FR"), "");
  EXPECT_FALSE((*store_->FindMerchantKeys("nobody")).has_value());
  ASSERT_TRUE(ring_.ForWriting("m1").ok());
  EXPECT_EQ(*lookup_.EmailToken("m1", "marie"), "");
  EXPECT_EQ(*lookup_.PhoneToken("m1", "0000000000", "FR"), "");
  EXPECT_EQ(lookup_.EmailToken("m1", "info@example.com")->size(), 16u);  // found, if not identified
}

TEST_F(LookupTest, TheStrongestIdentifierNamesARecordWithoutAnId) {
  const std::string number = R"pb(company_numbers { number { plain: "732 829 320 00074" } })pb";
  const std::string email = R"pb(emails { plain: "info@example.com" }
                                 emails { plain: "marie+x@example.com" })pb";
  const std::string phones = R"pb(phones { plain: "01 99 00 12 34" }
                                  phones { plain: "06 12 34 56 78" })pb";
  EXPECT_EQ(Derive(number + email + phones).substr(0, 15), "company-number:");
  EXPECT_EQ(Derive(email + phones).substr(0, 6), "email:");
  EXPECT_EQ(Derive(phones).substr(0, 6), "phone:");
  EXPECT_EQ(Derive(phones).size(), 6u + 32u);
  EXPECT_EQ(Derive(phones), Derive(R"pb(phones { plain: "+33612345678" })pb"));  // the mobile
  EXPECT_EQ(Derive(email), Derive(R"pb(emails { plain: "MARIE@example.com" })pb"));
  EXPECT_EQ(Derive(R"pb(phones { plain: "0000000000" }
                        emails { plain: "nomail@example.com" }
                        name { full { plain: "Marie Dupont" } })pb"),
            "");
}

TEST_F(LookupTest, TheContactsCountryComesFirstThenItsAddresses) {
  const std::string phone = R"pb(phones { plain: "0702 345 678" })pb";
  const std::string id = Derive(phone + R"pb(country: "vn")pb");
  EXPECT_NE(id, "");
  EXPECT_NE(Derive(phone), id);  // in France another number
  EXPECT_EQ(Derive(phone + R"pb(addresses {}
                                addresses { country: "VN" })pb"),
            id);
}

}  // namespace
}  // namespace carnet::vault
