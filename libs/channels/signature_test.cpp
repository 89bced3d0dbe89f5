// Signatures: what the senders sign is taken, and nothing that differs by as little as one byte.
#include "channels/signature.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "channels/adapter.h"

namespace carnet::channels {
namespace {

struct Vector {
  const char* channel;
  const char* file;
  const char* header;
  const char* signature;
  const char* secret;
};
constexpr Vector kVectors[] = {
    {"woocommerce", "customer-phone-in-billing.json", "x-wc-webhook-signature",
     "rnl4qGkGkiG68tDJYdvxCwK2LOpGVjwCxlhN+V6leSk=", "wc_s3cret & \"x\""},
    {"woocommerce", "order-on-hold-guest-vnd.json", "x-wc-webhook-signature",
     "lB5g7Sw4bVf2hvgAgp2FfoNgcfpB6bvq5OE3q3agMjQ=", "wc_s3cret & \"x\""},
    {"woocommerce", "order-pending.json", "x-wc-webhook-signature",
     "FY0kiUM01NR2BvcKqxJMs90ZqORgoQtYz6B3noE6epA=", "wc_s3cret &amp; &quot;x&quot;"},
    {"shopify", "customer-phone-only.json", "x-shopify-hmac-sha256",
     "tc5dtjeZC2t9MRMSbWNGR4+Xb9bxP4nvZ3dy9ioghfo=", "hush"},
    {"shopify", "order-two-currencies-pending.json", "x-shopify-hmac-sha256",
     "kDbSsCXQhdeK9yEtPoKa5ARBDaPoGZTv9S1XLRDRWI8=", "hush"},
    {"meta", "leadgen-two-pages.json", "x-hub-signature-256",
     "sha256=e9fd29e19efb1e62358888ca62b04040dab1663e961b0cdda19f96d67b9dcd83", "app-secret"},
    {"meta", "message-with-emoji.json", "x-hub-signature-256",
     "sha256=fbee0671188871f5a074bee688a3f6acd49da879ff384117ca623e001b2cde41", "app-secret"},
    {"kiotviet", "invoice-on-account.json", "x-hub-signature",
     "a6b1b0b035aedbc6d563bd6540f41e226f706b58e3f1e174c35018ad94290449", "c2VjcmV0LTEyMw=="},
};

std::string BodyOf(const Vector& vector) {
  std::ifstream file(
      std::string(CARNET_CHANNELS_FOLDER) + "/" + vector.channel + "/fixtures/" + vector.file,
      std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool IsSigned(const Vector& vector, const std::string& body, const std::string& signature,
              const std::vector<std::string>& secrets) {
  Delivery delivery;
  delivery.body = body;
  delivery.headers.emplace_back(vector.header, signature);
  return FindAdapter(vector.channel)->is_signed(delivery, secrets);
}

TEST(Signatures, OfTheSendersAreTaken) {
  for (const Vector& vector : kVectors) {
    EXPECT_TRUE(IsSigned(vector, BodyOf(vector), vector.signature, {vector.secret})) << vector.file;
    EXPECT_TRUE(IsSigned(vector, BodyOf(vector), vector.signature, {"old one", vector.secret}))
        << "two secrets while they are changed";
    EXPECT_FALSE(IsSigned(vector, BodyOf(vector), vector.signature, {"another"}));
    EXPECT_FALSE(IsSigned(vector, BodyOf(vector), vector.signature, {}));
    EXPECT_FALSE(IsSigned(vector, BodyOf(vector), "", {vector.secret}));
  }
}

TEST(Signatures, EveryOneByteChangeOfTheBodyIsRefused) {
  for (const Vector& vector : kVectors) {
    std::string body = BodyOf(vector);
    for (size_t i = 0; i < body.size(); ++i) {
      body[i] = static_cast<char>(body[i] ^ 1);
      ASSERT_FALSE(IsSigned(vector, body, vector.signature, {vector.secret})) << i;
      body[i] = static_cast<char>(body[i] ^ 1);
    }
    EXPECT_FALSE(IsSigned(vector, body + " ", vector.signature, {vector.secret}));
    EXPECT_FALSE(IsSigned(vector, body.substr(1), vector.signature, {vector.secret}));
  }
}

TEST(Signatures, EveryOneByteChangeOfTheSignatureIsRefused) {
  for (const Vector& vector : kVectors) {
    const std::string body = BodyOf(vector);
    std::string signature = vector.signature;
    for (size_t i = 0; i < signature.size(); ++i) {
      const char was = signature[i];
      for (int byte = 1; byte < 256; ++byte) {
        if (static_cast<char>(byte) == was) continue;
        signature[i] = static_cast<char>(byte);
        ASSERT_FALSE(IsSigned(vector, body, signature, {vector.secret}))
            << vector.file << " " << signature;
      }
      signature[i] = was;
    }
    EXPECT_FALSE(IsSigned(vector, body, signature + "=", {vector.secret}));
    EXPECT_FALSE(IsSigned(vector, body, signature + " ", {vector.secret}));
  }
}

TEST(Signatures, SquareSignsItsAddressToo) {
  Delivery delivery;
  delivery.body = R"({"type":"customer.created"})";
  delivery.url = "https://carnet.example/v1/shop/square/main";
  const std::string digest = HmacSha256("sq-key", delivery.url + std::string(delivery.body));
  delivery.headers.emplace_back("x-square-hmacsha256-signature",
                                "Xx");  // replaced below
  const auto* square = FindAdapter("square");
  EXPECT_FALSE(square->is_signed(delivery, std::vector<std::string>{"sq-key"}));
  // Base64 of the digest, by the table of RFC 4648.
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < digest.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < digest.size() ? static_cast<unsigned char>(digest[i + j]) : 0);
    for (int shift = 18; shift >= 0; shift -= 6) text.push_back(kAlphabet[group >> shift & 63]);
  }
  text.back() = '=';  // 32 bytes: one padding character
  delivery.headers[0].second = text;
  EXPECT_TRUE(square->is_signed(delivery, std::vector<std::string>{"sq-key"}));
  delivery.url += "x";
  EXPECT_FALSE(square->is_signed(delivery, std::vector<std::string>{"sq-key"}));
}

TEST(Signatures, APingOfTheShopNeedsNone) {
  Delivery delivery;
  delivery.body = "webhook_id=12";
  EXPECT_TRUE(FindAdapter("woocommerce")->is_signed(delivery, std::vector<std::string>{"s"}));
}

TEST(Signatures, ATestMarkerDoesNotStandInForASignature) {
  Delivery delivery;
  delivery.body = "{}";
  delivery.headers.emplace_back("x-shopify-test", "true");
  EXPECT_FALSE(FindAdapter("shopify")->is_signed(delivery, std::vector<std::string>{"hush"}));
}

}  // namespace
}  // namespace carnet::channels
