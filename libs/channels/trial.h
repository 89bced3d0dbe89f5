// Trying payloads: what each becomes, as JSON, without publishing anything.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "carnet/log/v1/order_rows.pb.h"
#include "channels/adapter.h"
#include "vault/normalize/phone.h"

namespace carnet::channels {

// Payloads of one source, one after the other: money is shown as the difference that each makes
// after those before it. What adds to an order that no payload before it told of is shown as if the
// order were there.
class Trial {
 public:
  explicit Trial(const Adapter* adapter) : adapter_(*adapter) {}

  // One line of JSON:
  //   http            the answer's status ("n/a" for what is fetched, not delivered)
  //   dedupe          natural keys, joined by " ; "
  //   contact         [{op, external_id, fields}]
  //   ledger          [{entry, amount_minor, currency, ref}]: charge +, payment -, credit_note -,
  //                   refund_payout +, reversal: minus what it reverses
  //   balance_effect  {currency: Σ amount_minor}
  //   ignored         true: nothing of it comes into cards or books, be it that it says nothing to
  //                   us or that it can't be used; `why` says why
  //   dead_letters, fetch, alerts, answer: where there are any
  std::string Try(const Delivery& delivery);

 private:
  struct Entry {
    std::string entry;
    int64_t amount = 0;
    std::string currency;
    std::string ref;
  };
  std::vector<Entry> Post(const v1::OrderObserved& observed, std::string_view buyer);
  std::string ExternalId(std::string_view external_id, const SourceSettings& settings) const;
  std::string Contact(const ContactMeaning& contact, const SourceSettings& settings) const;

  const Adapter& adapter_;
  vault::PhoneNormalizer phones_{1000};
  std::map<std::string, log::v1::OrderRow> orders_;
  uint64_t last_voucher_ = 0;
};

}  // namespace carnet::channels
