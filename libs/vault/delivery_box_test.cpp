#include "vault/delivery_box.h"

#include <zstd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sha256.h"
#include "vault/box.h"
#include "vault/delivery_words.h"
#include "vault/embedded_key_store.h"
#include "vault/sodium.h"
#include "vault/test_support.h"

namespace carnet::vault {
namespace {

class DeliveryBoxTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = OpenEmbeddedKeyStore(folder_ / "keys", Key::Random(), /*create=*/true);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    ring_ = std::make_unique<KeyRing>(store_.get());
    content_.set_topic("order.updated");
    content_.set_body(R"({"id":1,"name":"Ottoline"})" + std::string(100'000, ' '));
    content_.set_received_at_micros(5);
    auto* const header = content_.add_headers();
    header->set_name("x-topic");
    header->set_value("order");
  }
  log::v1::KeptDelivery Seal(const std::vector<Uuid>& sealed_for) {
    log::v1::KeptDelivery kept;
    NewKeys keys;
    absl::Status status =
        SealDelivery(ring_.get(), "shop", change_, sealed_for, content_, &kept, &keys);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(ring_->Persist(keys).ok());
    return kept;
  }
  bool Opens(const log::v1::KeptDelivery& kept) {
    log::v1::DeliveryContent content;
    const auto is_open = OpenDelivery(ring_.get(), "shop", change_, kept, &content);
    EXPECT_TRUE(is_open.ok()) << is_open.status();
    EXPECT_EQ(content.SerializeAsString(), *is_open ? content_.SerializeAsString() : std::string());
    return *is_open;
  }

  TemporaryFolder folder_;
  std::unique_ptr<KeyStore> store_;
  std::unique_ptr<KeyRing> ring_;
  log::v1::DeliveryContent content_;
  const Uuid change_ = Uuid::Random();
  const Uuid day_ = Uuid::Random();
  const Uuid anne_ = Uuid::Random();
  const Uuid paul_ = Uuid::Random();
};

TEST_F(DeliveryBoxTest, OpensUntilOneOfItsKeysIsGone) {
  const auto of_anne = Seal({day_, anne_});
  const auto of_both = Seal({day_, anne_, paul_});
  const auto of_nobody = Seal({day_});
  EXPECT_LT(of_anne.box().size(), 1000U);  // compressed
  EXPECT_EQ(of_anne.key_ids_size(), 2);
  EXPECT_EQ(of_anne.key_ids(0), of_nobody.key_ids(0));  // one key a day
  for (const auto& kept : {of_anne, of_both, of_nobody}) EXPECT_TRUE(Opens(kept));
  ASSERT_TRUE(ring_->Erase("shop", std::vector{paul_}, 1).ok());
  EXPECT_TRUE(Opens(of_anne));
  EXPECT_FALSE(Opens(of_both));
  ASSERT_TRUE(ring_->Erase("shop", std::vector{day_}, 2).ok());
  EXPECT_FALSE(Opens(of_anne));
  EXPECT_FALSE(Opens(of_nobody));
}

TEST_F(DeliveryBoxTest, DamagedOrElsewhereItIsSaid) {
  const auto kept = Seal({day_, anne_});
  log::v1::DeliveryContent content;
  const auto reason = [&](const Uuid& change, const log::v1::KeptDelivery& what) {
    return ReasonOf(OpenDelivery(ring_.get(), "shop", change, what, &content).status());
  };
  EXPECT_EQ(reason(Uuid::Random(), kept), "SEAL_BROKEN");
  auto damaged = kept;
  damaged.mutable_box()->back() = static_cast<char>(damaged.box().back() ^ 1);
  EXPECT_EQ(reason(change_, damaged), "SEAL_BROKEN");
  // No key of it can be left out, nor taken twice.
  auto fewer = kept;
  fewer.mutable_key_ids()->RemoveLast();
  EXPECT_EQ(reason(change_, fewer), "SEAL_BROKEN");
  auto turned = kept;
  turned.mutable_key_ids()->SwapElements(0, 1);
  EXPECT_EQ(reason(change_, turned), "SEAL_BROKEN");
}

TEST_F(DeliveryBoxTest, WordsOfChannelsAreNotStoredWithEach) {
  content_.set_body(
      R"({"id":7,"parent_id":0,"status":"processing","currency":"EUR","version":"10.1.0",)"
      R"("prices_include_tax":true,"date_created":"2026-09-02T10:59:00","customer_id":3,)"
      R"("billing":{"first_name":"Ottoline","last_name":"Durand","company":"","address_1":"",)"
      R"("address_2":"","city":"Lyon","state":"","postcode":"69001","country":"FR"}})");
  const auto kept = Seal({day_, anne_});
  EXPECT_EQ(kept.words(), kNewestDeliveryWords);
  std::string alone(ZSTD_compressBound(content_.body().size()), '\0');
  const size_t size = ZSTD_compress(alone.data(), alone.size(), content_.body().data(),
                                    content_.body().size(), ZSTD_maxCLevel());
  EXPECT_LT(kept.box().size(), size);
  EXPECT_TRUE(Opens(kept));
}

// As it was written before there were words.
TEST_F(DeliveryBoxTest, OpensWhatWasKeptWithoutWords) {
  auto kept = Seal({day_});
  const auto day_key = ring_->OpeningKey("shop", *Uuid::FromBytes(kept.key_ids(0)));
  ASSERT_TRUE(day_key.ok() && day_key->has_value());
  std::array<unsigned char, Key::kSize> key;
  const std::string_view first = "carnet kept delivery, version 01";
  crypto_generichash(key.data(), key.size(), (*day_key)->data(), Key::kSize,
                     reinterpret_cast<const unsigned char*>(first.data()), first.size());
  const std::string plain = content_.SerializeAsString();
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1));
  kept.clear_words();
  EXPECT_FALSE(packed.empty());
  kept.set_box(SealBox(Key(std::string_view(reinterpret_cast<char*>(key.data()), key.size())),
                       AssociatedData({"kept-delivery", "shop", change_.bytes()}), packed));
  EXPECT_TRUE(Opens(kept));
}

TEST_F(DeliveryBoxTest, WordsOfAnotherVersionAreSaid) {
  auto kept = Seal({day_});
  log::v1::DeliveryContent content;
  const auto reason = [&] {
    return ReasonOf(OpenDelivery(ring_.get(), "shop", change_, kept, &content).status());
  };
  kept.set_words(kNewestDeliveryWords + 1);
  EXPECT_EQ(reason(), "WORDS_TOO_NEW");
  kept.set_words(0);
  EXPECT_EQ(reason(), "SEAL_BROKEN");
}

// Whatever was kept with these words needs them as they were.
TEST(DeliveryWordsTest, NeverChange) {
  EXPECT_EQ(absl::BytesToHexString(Sha256(*DeliveryWords(1))),
            "ab49dbc42d0ee0e4362dce74f07bc9ca9821f0f76ef9832fa3a90bbefd0c3606");
  EXPECT_EQ(DeliveryWords(0), "");
  EXPECT_EQ(DeliveryWords(kNewestDeliveryWords + 1), std::nullopt);
}

}  // namespace
}  // namespace carnet::vault
