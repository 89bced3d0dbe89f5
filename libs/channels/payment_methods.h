// What channels' names of payment methods mean.
#pragma once

#include <string_view>

#include "carnet/v1/ledger.pb.h"
#include "channels/meaning.h"

namespace carnet::channels {

// The class of a method by its id ("bacs", "stripe", "Cash"), the operator's own list first; a
// card where the id says nothing, unspecified where there is none.
v1::TenderMethod MethodOf(std::string_view id, const SourceSettings& settings);

// Whether an order that waits for this method is owed: bank transfer, cheque, cash on delivery and
// invoice are, cards and wallets are not; the operator's own list first.
bool IsPayLater(std::string_view id, const SourceSettings& settings);

}  // namespace carnet::channels
