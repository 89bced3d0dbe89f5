// A till day's changes as the gateway is sent them. The same change gives the same bytes every
// time.
#pragma once

#include <cstdint>
#include <string>

#include "carnet/v1/change.pb.h"
#include "tests/bench/till_day.h"

namespace carnet::bench {

std::string MerchantName(uint16_t merchant);

// A POS with two shops and a web shop report contact changes, sales (a third paid at once, a third
// in part, a third on account), receipts; set-debt comes as a REQUEST. Amounts in decimal text.
v1::Change ToPublished(const Change& change);

// merchants/{merchant}/customers/{id} of the customer that a change is about.
std::string CustomerNameOf(const Change& change);

}  // namespace carnet::bench
