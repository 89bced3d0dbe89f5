// One variant, once: the figures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/layout/variant.h"

namespace carnet::bench::layout {

// In the units of the columns; see layout_bench.cpp.
struct Result {
  double write_s = 0, flush_s = 0, us = 0, cpu_fold = 0, cpu_all = 0, keys = 0, wal = 0;
  double sst = 0, mem = 0, rss = 0;
  double get = 0, list = 0, feed = 0, fresh = 0, open = 0, open_cpu = 0;
  uint64_t hash = 0;
};

struct Load {
  uint64_t changes = 1'000'000, batch = 1000;
  bool reads = true;    // measures reads afterwards
  bool verify = false;  // hashes the key space afterwards
  std::string dir = "/tmp/layout/db";
};

// Each runs in a process of its own, so that memory and threads are its own.
//
// A run from an empty database on.
Result Run(const Variant& v, const Load& load);
// A run that ends with kill -9 after the last write, and the next open.
Result KillAndOpen(const Variant& v, const Load& load);

// Field by field: the middle of the runs, or the best of them (others' work on the machine only
// ever adds).
Result Summary(std::vector<Result> runs, bool best);

}  // namespace carnet::bench::layout
