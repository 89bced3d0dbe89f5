#include "gateway/erased.h"

#include <algorithm>

#include "base/uuid.h"
#include "domain/customers/record.h"
#include "vault/sealer.h"

namespace carnet::gateway {

std::optional<uint32_t> LifeOf(const vault::KeyRing& keys, const log::v1::Change& change) {
  const auto customer = Uuid::FromBytes(change.customer_id());
  if (!keys.AnyErased()) return 0;
  if (!customer && change.external_id().empty()) return 0;  // sealed for itself
  if (customer && keys.ErasedAt(change.merchant(), *customer)) return std::nullopt;
  const int64_t as_of = std::min<int64_t>(change.occurred_at_micros(), change.recorded_at_micros());
  for (uint32_t life = 0;; ++life) {
    const Uuid record = domain::ContactRecordId(
        change.merchant(), change.channel(), change.source(), change.external_id(), customer, life);
    const auto erased_at = keys.ErasedAt(change.merchant(), record);
    if (!erased_at) return life;
    if (as_of <= *erased_at) return std::nullopt;
  }
}

void ForgetPerson(v1::Body* body) {
  vault::DropPersonal(body);
  if (body->has_contact_observed()) body->mutable_contact_observed()->Clear();
  if (body->has_posting()) body->mutable_posting()->clear_contact();
  if (body->has_order_observed()) body->mutable_order_observed()->clear_contact();
}

}  // namespace carnet::gateway
