#include "gateway/http/delivery_codec.h"

#include <charconv>

#include "base/bytes.h"

namespace carnet::gateway {
namespace {

// Each field after its length.
void Append(std::string_view field, std::string* bytes) {
  AppendBigEndian32(static_cast<uint32_t>(field.size()), bytes);
  bytes->append(field);
}

bool Read(std::string_view* bytes, std::string* field) {
  if (bytes->size() < 4) return false;
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>((*bytes)[i]);
  bytes->remove_prefix(4);
  if (bytes->size() < size) return false;
  *field = std::string(bytes->substr(0, size));
  bytes->remove_prefix(size);
  return true;
}

}  // namespace

std::string EncodeDelivery(std::string_view path, const channels::Delivery& delivery) {
  std::string bytes;
  Append(path, &bytes);
  Append(std::to_string(delivery.received_at_micros), &bytes);
  Append(delivery.topic, &bytes);
  Append(delivery.url, &bytes);
  Append(delivery.body, &bytes);
  for (const auto& [name, value] : delivery.headers) {
    Append(name, &bytes);
    Append(value, &bytes);
  }
  return bytes;
}

bool DecodeDelivery(std::string_view bytes, std::string* path, channels::Delivery* delivery,
                    std::string* body) {
  std::string received;
  if (!Read(&bytes, path) || !Read(&bytes, &received) || !Read(&bytes, &delivery->topic) ||
      !Read(&bytes, &delivery->url) || !Read(&bytes, body)) {
    return false;
  }
  const auto [end, error] = std::from_chars(received.data(), received.data() + received.size(),
                                            delivery->received_at_micros);
  if (error != std::errc() || end != received.data() + received.size()) return false;
  delivery->body = *body;
  delivery->has_waited = true;
  while (!bytes.empty()) {
    auto& [name, value] = delivery->headers.emplace_back();
    if (!Read(&bytes, &name) || !Read(&bytes, &value)) return false;
  }
  return true;
}

void AddToBundle(std::string_view encoded_delivery, std::string* bundle) {
  Append(encoded_delivery, bundle);
}

bool TakeFromBundle(std::string_view* bundle, std::string* encoded_delivery) {
  return Read(bundle, encoded_delivery);
}

}  // namespace carnet::gateway
