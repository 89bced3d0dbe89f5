// What reading costs after a run.
#pragma once

#include <cstdint>

#include "tests/bench/layout/folder.h"
#include "tests/bench/layout/store.h"
#include "tests/bench/layout/variant.h"
#include "tests/bench/till_day.h"

namespace carnet::bench::layout {

// A hot random account, us.
double AccountGets(const TillDay& day, Store& s);

// The newest 50 vouchers of busy customers, us: account, history rows as far as needed, then the
// entries themselves.
double Listings(const Variant& v, const TillDay& day, Store& s);

// 10,000 events of a merchant in order, ms.
double FeedScan(const Variant& v, Store& s);

// What a subscriber at the head does on each wake-up, while the newest rows are still in memtables:
// a merchant's newest 20 changes, us.
double FreshReads(const Variant& v, const Folder& folder, Store& s);

// Of the whole key space, in order.
uint64_t HashAll(Store& s);

}  // namespace carnet::bench::layout
