#include "vault/delivery_box.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "vault/embedded_key_store.h"
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

}  // namespace
}  // namespace carnet::vault
