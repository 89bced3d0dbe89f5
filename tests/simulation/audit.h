// Whether the rows of one merchant agree with each other, worked out by other means than the
// fold's. Each function answers with what does not agree, or with nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/state.h"
#include "projection/batch_fold.h"

namespace carnet::simulation {

std::vector<std::string> MerchantsOf(const domain::Reader& state);

// In each unit, all that is owed and all accounts of the merchant's own sum to zero.
std::string CheckConservation(const domain::Reader& state, const std::string& merchant);

// Vouchers are numbered without gap, each balances in itself, and from them alone follow all
// accounts, postings, balances, openings and what is reversed.
std::string CheckBooks(const domain::Reader& state, const std::string& merchant);

// Sequences are 1, 2, 3 … without gap or repeat, changes are told of in their order, each balance
// goes on where it was left, and ends as it is.
std::string CheckFeed(const domain::Reader& state, const std::string& merchant);

// Lookup rows are those of the cards, and records, customers and edges know of each other.
std::string CheckCards(const domain::Reader& state, const std::string& merchant);

// Changes are numbered 1, 2, 3 …, and each posted what its outcome says. Adds to *counts how many
// records ended how, by what stands in the rows.
std::string CheckOutcomes(const domain::Reader& state, const std::string& merchant,
                          projection::OutcomeCounts* counts);

// All of these.
std::string CheckAll(const domain::Reader& state, const std::string& merchant,
                     projection::OutcomeCounts* counts);

}  // namespace carnet::simulation
