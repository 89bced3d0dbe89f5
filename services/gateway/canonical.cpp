#include "gateway/canonical.h"

namespace carnet::gateway {
namespace {

void ShortenCustomer(std::string* text) {
  if (const auto id = ParseCustomer(*text)) *text = id->ToString();
}

void ShortenCustomers(v1::ContactObserved* said) {
  v1::Contact* contact = said->mutable_contact();
  if (!contact->company().empty()) ShortenCustomer(contact->mutable_company());
  if (!contact->referrer().customer().empty())
    ShortenCustomer(contact->mutable_referrer()->mutable_customer());
  if (!said->duplicate_of().empty()) ShortenCustomer(said->mutable_duplicate_of());
}

// Paths in errors of the domain begin at the body, except for these two, which stand beside it.
std::string PathFromChange(const std::string& field) {
  if (field.starts_with("preconditions") || field == "intent" || field == "body") return field;
  return "body." + field;
}

}  // namespace

std::optional<domain::FormError> Canonicalize(const Envelope& envelope, v1::Change* change) {
  if (envelope.customer) change->set_customer(envelope.customer->ToString());
  if (change->has_occurred_at()) {
    auto* at = change->mutable_occurred_at();
    at->set_nanos(at->nanos() / 1000 * 1000);
  }
  v1::Body* body = change->mutable_body();
  if (body->has_distinguish_customers()) {
    ShortenCustomer(body->mutable_distinguish_customers()->mutable_customer());
    ShortenCustomer(body->mutable_distinguish_customers()->mutable_other());
  } else if (body->has_link_customers()) {
    ShortenCustomer(body->mutable_link_customers()->mutable_customer());
    ShortenCustomer(body->mutable_link_customers()->mutable_other());
  } else if (body->has_unlink_customers()) {
    ShortenCustomer(body->mutable_unlink_customers()->mutable_customer());
    ShortenCustomer(body->mutable_unlink_customers()->mutable_other());
  }
  if (auto* said = domain::ContactSaidIn(body)) ShortenCustomers(said);
  domain::DropEmptyValues(body);

  v1::Preconditions none;
  v1::Preconditions* preconditions = &none;
  if (change->has_preconditions()) {
    if (change->preconditions().has_expected_balance() || !change->preconditions().etag().empty()) {
      preconditions = change->mutable_preconditions();
    } else {
      change->clear_preconditions();
    }
  }
  auto error = domain::CanonicalizeAmounts(body, preconditions);
  if (!error) error = domain::CheckBody(*body, change->intent(), *preconditions);
  if (error) error->field = PathFromChange(error->field);
  return error;
}

void CanonicalBytes(v1::Change* change, std::string* bytes) {
  change->clear_id();
  // Without maps and unknown fields, protobuf writes the same bytes for the same message.
  change->SerializeToString(bytes);
}

}  // namespace carnet::gateway
