#include "vault/sealer.h"

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/error.h"
#include "vault/embedded_key_store.h"
#include "vault/opener.h"
#include "vault/test_support.h"

namespace carnet::vault {
namespace {

using testing::HasSubstr;
using testing::Not;

// A value in every personal field there is.
constexpr char kFullBody[] = R"pb(
  posting {
    kind: VOUCHER_KIND_SALE
    code: "S-1"
    note { plain: "Note-for-the-sale" }
    contact {
      contact {
        type: PARTY_TYPE_COMPANY
        name {
          full { plain: "Mme Hélène Lefèvre" }
          given { plain: "Hélène" }
          family { plain: "Lefèvre" }
        }
        company_name { plain: "Boulangerie Vallet SARL" }
        emails { plain: "Helene.Lefevre+shop@Example.com" }
        emails { plain: "info@example.com" }
        emails { plain: "not an address" }
        phones { plain: "06 12 34 56 78" }
        phones { plain: "01 99 00 12 34" }
        phones { plain: "0000000000" }
        addresses {
          recipient { plain: "Monsieur Destinataire" }
          street { plain: "12 rue des Lilas" }
          postcode { plain: "75001" }
          town { plain: "Parisville" }
          region: "IDF"
          country: "FR"
          logistics { instructions { plain: "Ring at the baker's" } }
        }
        web_site { plain: "https://vallet.example" }
        notes { plain: "Likes it crusty" }
        referrer { phone { plain: "06 39 98 00 01" } }
        logistics { instructions { plain: "Before six" } }
        custom {
          key: "shoe"
          text { plain: "forty-two, wide" }
        }
        birth_date { plain: "1984-02-29" }
        company_numbers {
          scheme: "siret"
          number { plain: "732 829 320 00075" }
        }
        language: "fr"
      }
    }
  })pb";

class SealerTest : public testing::Test {
 protected:
  v1::Body Seal(v1::Body body) {
    NewKeys keys;
    const absl::Status sealed = sealer_.Seal("m1", record_, "FR", &body, &keys);
    EXPECT_TRUE(sealed.ok()) << sealed;
    EXPECT_TRUE(ring_.Persist(keys).ok());
    return body;
  }

  const TemporaryFolder folder_;
  const Key root_ = Key::Random();
  const std::unique_ptr<KeyStore> store_ = *OpenEmbeddedKeyStore(folder_ / "keys", root_, true);
  KeyRing ring_{store_.get()};
  PhoneNormalizer phones_;
  const Sealer sealer_{&ring_, &phones_};
  const Opener opener_{&ring_};
  const Uuid record_ = Uuid::Random();
};

// Calls `visit` for every Personal in a message, by reflection over all fields: on purpose not the
// sealer's own walk.
void ForEachPersonal(const google::protobuf::Message& message,
                     const std::function<void(const v1::Personal&)>& visit) {
  if (message.GetDescriptor() == v1::Personal::descriptor()) {
    visit(static_cast<const v1::Personal&>(message));
    return;
  }
  const auto& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->message_type() == nullptr) continue;
    if (!field->is_repeated()) {
      ForEachPersonal(reflection.GetMessage(message, field), visit);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      ForEachPersonal(reflection.GetRepeatedMessage(message, field, i), visit);
    }
  }
}

// How many fields of type Personal a message type has, itself and below.
int CountPersonalFields(const google::protobuf::Descriptor* type) {
  int count = 0;
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* inner = type->field(i)->message_type();
    if (inner == v1::Personal::descriptor()) {
      ++count;
    } else if (inner != nullptr) {
      count += CountPersonalFields(inner);
    }
  }
  return count;
}

TEST_F(SealerTest, NoPlainValueIsLeftInTheBytes) {
  const auto body = FromText<v1::Body>(kFullBody);
  int plain = 0;
  ForEachPersonal(body, [&](const v1::Personal& value) { plain += value.has_plain(); });
  // If this fails the contract has a new personal field: add it to kFullBody (three e-mails and
  // phones count once).
  EXPECT_EQ(plain - 4, CountPersonalFields(v1::Posting::descriptor()));

  const v1::Body sealed = Seal(body);
  ForEachPersonal(sealed, [](const v1::Personal& value) {
    EXPECT_TRUE(value.has_sealed()) << value.DebugString();
    EXPECT_EQ(value.normalized(), "");
    EXPECT_EQ(value.sealed().key_id().size(), 16u);
  });
  const std::string bytes = sealed.SerializeAsString();
  ForEachPersonal(
      body, [&](const v1::Personal& value) { EXPECT_THAT(bytes, Not(HasSubstr(value.plain()))); });
  for (const char* normal :
       {"helene", "lefevre", "+33612345678", "info@example", "lilas", "parisville", "73282932"}) {
    EXPECT_THAT(bytes, Not(HasSubstr(normal)));
  }
  EXPECT_THAT(bytes, HasSubstr("S-1"));  // so the search can find
}

TEST_F(SealerTest, EveryBodyKindIsCovered) {
  for (const char* text :
       {R"pb(set_debt { note { plain: "secret" } })pb",
        R"pb(reversal { note { plain: "secret" } })pb",
        R"pb(contact_observed { contact { company_name { plain: "secret" } } })pb"}) {
    const v1::Body sealed = Seal(FromText<v1::Body>(text));
    EXPECT_THAT(sealed.SerializeAsString(), Not(HasSubstr("secret")));
    v1::Body opened = sealed;
    ASSERT_TRUE(opener_.Open("m1", record_, &opened).ok());
    EXPECT_EQ(opened.SerializeAsString(), FromText<v1::Body>(text).SerializeAsString());
  }
}

TEST_F(SealerTest, OpeningGivesBackWhatWasTypedWithNormalFormsAndFlags) {
  v1::Body body = Seal(FromText<v1::Body>(kFullBody));
  v1::Contact* const contact = body.mutable_posting()->mutable_contact()->mutable_contact();
  // A card's cells are opened as a Contact, wherever they were sealed.
  const absl::Status opened = opener_.Open("m1", record_, contact);
  ASSERT_TRUE(opened.ok()) << opened;
  const v1::Contact expected = FromText<v1::Contact>(R"pb(
    type: PARTY_TYPE_COMPANY
    name {
      full { plain: "Mme Hélène Lefèvre" }
      given { plain: "Hélène" }
      family { plain: "Lefèvre" }
    }
    company_name { plain: "Boulangerie Vallet SARL" }
    emails {
      plain: "Helene.Lefevre+shop@Example.com"
      normalized: "helene.lefevre+shop@example.com"
    }
    emails {
      plain: "info@example.com"
      normalized: "info@example.com"
      flags: VALUE_FLAG_ROLE_MAILBOX
    }
    emails { plain: "not an address" flags: VALUE_FLAG_INVALID }
    phones { plain: "06 12 34 56 78" normalized: "+33612345678" flags: VALUE_FLAG_MOBILE }
    phones { plain: "01 99 00 12 34" normalized: "+33199001234" flags: VALUE_FLAG_LANDLINE }
    phones { plain: "0000000000" flags: VALUE_FLAG_BLOCKED }
    addresses {
      recipient { plain: "Monsieur Destinataire" }
      street { plain: "12 rue des Lilas" }
      postcode { plain: "75001" }
      town { plain: "Parisville" }
      region: "IDF"
      country: "FR"
      logistics { instructions { plain: "Ring at the baker's" } }
    }
    web_site { plain: "https://vallet.example" }
    notes { plain: "Likes it crusty" }
    referrer {
      phone {
        plain: "06 39 98 00 01"
        normalized: "+33639980001"
        flags: VALUE_FLAG_MOBILE
        flags: VALUE_FLAG_NOT_ASSIGNED
      }
    }
    logistics { instructions { plain: "Before six" } }
    custom {
      key: "shoe"
      text { plain: "forty-two, wide" }
    }
    birth_date { plain: "1984-02-29" normalized: "1984-02-29" }
    company_numbers {
      scheme: "siret"
      number { plain: "732 829 320 00075" normalized: "73282932000075" flags: VALUE_FLAG_INVALID }
    }
    language: "fr")pb");
  EXPECT_EQ(contact->DebugString(), expected.DebugString());

  v1::Personal note = body.posting().note();
  ASSERT_TRUE(opener_.OpenValue("m1", record_, "posting.note", &note).ok());
  EXPECT_EQ(note.plain(), "Note-for-the-sale");
}

std::vector<std::string> Kinds(
    const google::protobuf::RepeatedPtrField<v1::IdentityToken>& tokens) {
  std::vector<std::string> kinds;
  for (const v1::IdentityToken& token : tokens) {
    EXPECT_EQ(token.value().size(), 16u);
    const std::string kind = v1::IdentityTokenKind_Name(token.kind()).substr(20);
    if (kinds.empty() || kinds.back() != kind) kinds.push_back(kind);
  }
  return kinds;
}

TEST_F(SealerTest, TokensStandWhereTheContractSays) {
  using testing::ElementsAre;
  const v1::Body body = Seal(FromText<v1::Body>(kFullBody));
  const v1::Contact& contact = body.posting().contact().contact();
  EXPECT_THAT(Kinds(contact.name().tokens()),
              ElementsAre("NAME_GIVEN", "NAME_INITIAL", "NAME_DELETION", "NAME_FAMILY",
                          "NAME_INITIAL", "NAME_DELETION", "NAME_FULL"));
  EXPECT_THAT(Kinds(contact.name().given().sealed().tokens()), ElementsAre());
  EXPECT_THAT(Kinds(contact.company_name().sealed().tokens()),
              ElementsAre("NAME_PART", "NAME_DELETION", "NAME_PART", "NAME_DELETION", "NAME_FULL"));
  EXPECT_THAT(Kinds(contact.emails(0).sealed().tokens()),
              ElementsAre("EMAIL_EXACT", "EMAIL_CANONICAL"));
  EXPECT_THAT(Kinds(contact.emails(1).sealed().tokens()), ElementsAre("EMAIL_EXACT"));
  EXPECT_THAT(Kinds(contact.emails(2).sealed().tokens()), ElementsAre());
  EXPECT_THAT(Kinds(contact.phones(0).sealed().tokens()), ElementsAre("PHONE"));
  EXPECT_THAT(Kinds(contact.phones(2).sealed().tokens()), ElementsAre());
  EXPECT_THAT(Kinds(contact.addresses(0).tokens()),
              ElementsAre("ADDRESS_FULL", "ADDRESS_NO_POSTCODE", "ADDRESS_STREET", "ADDRESS_TOWN",
                          "ADDRESS_HOUSE_NUMBER", "ADDRESS_DOOR"));
  EXPECT_THAT(Kinds(contact.birth_date().sealed().tokens()),
              ElementsAre("BIRTH_DATE", "BIRTH_DATE_NEAR"));
  // A number that fails its check still identifies.
  EXPECT_THAT(Kinds(contact.company_numbers(0).number().sealed().tokens()),
              ElementsAre("COMPANY_NUMBER"));
  EXPECT_THAT(Kinds(body.posting().note().sealed().tokens()), ElementsAre());
}

// The nonce is a keyed hash of what is sealed, where it stands and for whom: two values never share
// one, and a value said again gives the same bytes.
TEST_F(SealerTest, TheSameGivesTheSameBytesAndNothingElseDoes) {
  const v1::Body one = Seal(FromText<v1::Body>(kFullBody));
  const v1::Body two = Seal(FromText<v1::Body>(kFullBody));
  v1::Body bare[2] = {one, two};
  std::set<std::string> boxes;
  int count = 0;
  for (v1::Body& body : bare) {
    ForEachPersonal(body, [&](const v1::Personal& value) {
      boxes.insert(value.sealed().box().substr(0, 24));
      ++count;
      const_cast<v1::Personal&>(value).mutable_sealed()->clear_box();
    });
  }
  EXPECT_EQ(bare[0].SerializeAsString(), bare[1].SerializeAsString());
  EXPECT_EQ(one.SerializeAsString(), two.SerializeAsString());
  EXPECT_EQ(boxes.size(), static_cast<size_t>(count) / 2);  // no nonce twice
}

TEST_F(SealerTest, ABoxOpensOnlyForItsMerchantRecordAndField) {
  const v1::Body body = Seal(FromText<v1::Body>(kFullBody));
  const v1::Contact& contact = body.posting().contact().contact();
  v1::Personal value = contact.emails(0);
  EXPECT_EQ(ReasonOf(opener_.OpenValue("m1", Uuid::Random(), "contact.emails", &value)),
            "SEAL_BROKEN");
  EXPECT_EQ(ReasonOf(opener_.OpenValue("m1", record_, "contact.phones", &value)), "SEAL_BROKEN");
  EXPECT_TRUE(value.has_sealed());
  EXPECT_TRUE(opener_.OpenValue("m1", record_, "contact.emails", &value).ok());

  v1::Contact moved = contact;
  *moved.mutable_phones(0) = contact.emails(0);
  EXPECT_EQ(ReasonOf(opener_.Open("m1", record_, &moved)), "SEAL_BROKEN");

  v1::Contact damaged = contact;
  damaged.mutable_birth_date()->mutable_sealed()->mutable_box()->back() ^= 1;
  EXPECT_EQ(ReasonOf(opener_.Open("m1", record_, &damaged)), "SEAL_BROKEN");
  damaged.mutable_birth_date()->mutable_sealed()->set_box("short");
  EXPECT_EQ(ReasonOf(opener_.Open("m1", record_, &damaged)), "SEAL_BROKEN");
  damaged.mutable_birth_date()->mutable_sealed()->set_key_id("short");
  EXPECT_EQ(ReasonOf(opener_.Open("m1", record_, &damaged)), "SEAL_BROKEN");

  // The same key under another merchant's name does not help: associated data has the merchant.
  const Uuid key_id = *Uuid::FromBytes(contact.emails(0).sealed().key_id());
  ASSERT_TRUE(
      store_->Persist({{"m2", record_, {key_id, **store_->FindRecordKey("m1", key_id)}}}).ok());
  v1::Contact stolen = contact;
  EXPECT_EQ(ReasonOf(opener_.Open("m2", record_, &stolen)), "SEAL_BROKEN");
}

TEST_F(SealerTest, ErasedValuesAreEmpty) {
  v1::Contact contact = Seal(FromText<v1::Body>(kFullBody)).posting().contact().contact();
  ASSERT_TRUE(ring_.Erase("m1", {&record_, 1}, 1).ok());
  ASSERT_TRUE(opener_.Open("m1", record_, &contact).ok());
  ForEachPersonal(contact, [](const v1::Personal& value) {
    EXPECT_EQ(value.ByteSizeLong(), 0u) << value.DebugString();
  });
  EXPECT_EQ(contact.name().tokens_size(), 0);
  EXPECT_EQ(contact.language(), "fr");
}

TEST_F(SealerTest, OneKeyPerRecordAndNoneForABodyWithoutPersonalValues) {
  NewKeys keys;
  auto body = FromText<v1::Body>(kFullBody);
  ASSERT_TRUE(sealer_.Seal("m1", record_, "FR", &body, &keys).ok());
  ASSERT_EQ(keys.size(), 1u);
  ForEachPersonal(body, [&](const v1::Personal& value) {
    EXPECT_EQ(value.sealed().key_id(), keys[0].key.id.bytes());
  });
  NewKeys none;
  auto bare = FromText<v1::Body>(R"pb(posting {
                                        code: "S-2"
                                        contact { contact { language: "fr" } }
                                      })pb");
  ASSERT_TRUE(sealer_.Seal("m9", Uuid::Random(), "FR", &bare, &none).ok());
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE((*store_->FindMerchantKeys("m9")).has_value());
}

TEST_F(SealerTest, EmptyValuesBecomeAbsentAndSealedOnesAreRefused) {
  const v1::Body empty =
      Seal(FromText<v1::Body>(R"pb(contact_observed {
                                     contact {
                                       emails { plain: "" }
                                       phones {}
                                       birth_date { normalized: "forged" flags: VALUE_FLAG_MOBILE }
                                     }
                                   })pb"));
  ForEachPersonal(empty, [](const v1::Personal& value) { EXPECT_EQ(value.ByteSizeLong(), 0u); });

  auto sealed = FromText<v1::Body>(R"pb(contact_observed { contact { emails { sealed {} } } })pb");
  NewKeys keys;
  const absl::Status status = sealer_.Seal("m1", record_, "FR", &sealed, &keys);
  EXPECT_EQ(ReasonOf(status), "SEALED_NOT_ALLOWED");
  EXPECT_EQ(FieldOf(status), "contact.emails");
}

TEST_F(SealerTest, ForgedTokensAreReplaced) {
  const v1::Body body = Seal(FromText<v1::Body>(
      R"pb(contact_observed {
             contact {
               name { tokens { kind: IDENTITY_TOKEN_KIND_NAME_FULL value: "0123456789abcdef" } }
               addresses { tokens { kind: IDENTITY_TOKEN_KIND_ADDRESS_TOWN value: "x" } }
             }
           })pb"));
  EXPECT_EQ(body.contact_observed().contact().name().tokens_size(), 0);
  EXPECT_EQ(body.contact_observed().contact().addresses(0).tokens_size(), 0);
}

TEST_F(SealerTest, ManyThreadsSealAndOpenTheSameRecord) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        auto body = FromText<v1::Body>(kFullBody);
        NewKeys keys;
        if (!sealer_.Seal("m1", record_, "FR", &body, &keys).ok() || !ring_.Persist(keys).ok() ||
            !opener_.Open("m1", record_, &body).ok() ||
            body.posting().note().plain() != "Note-for-the-sale") {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace carnet::vault
