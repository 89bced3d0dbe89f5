#include "channels/adapter.h"

#include "channels/kiotviet/kiotviet.h"
#include "channels/meta/meta.h"
#include "channels/shopify/shopify.h"
#include "channels/square/square.h"
#include "channels/woocommerce/woocommerce.h"

namespace carnet::channels {
namespace {

constexpr Adapter kAdapters[] = {
    {"woocommerce", woocommerce::Read, woocommerce::IsSigned, "<source>"},
    {"shopify", shopify::Read, shopify::IsSigned, "<shop domain>"},
    {"meta", meta::Read, meta::IsSigned, "<source>"},
    {"kiotviet", kiotviet::Read, kiotviet::IsSigned, "<retailer>"},
    {"square", square::Read, square::IsSigned, "<source>"},
};

}  // namespace

std::span<const Adapter> AllAdapters() { return kAdapters; }

const Adapter* FindAdapter(std::string_view channel) {
  for (const Adapter& adapter : kAdapters) {
    if (adapter.name == channel) return &adapter;
  }
  return nullptr;
}

}  // namespace carnet::channels
