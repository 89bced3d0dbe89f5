// Carnet and its floor, measured in turns: machines are shared, so that only figures of the same
// minute can be compared.
#pragma once

#include <vector>

#include "tests/bench/report.h"

namespace carnet::bench {

class Turns {
 public:
  // Calls a second, and processor time of the server a call, in microseconds.
  struct Rate {
    double per_second = 0;
    double server_us = 0;
  };
  void Add(const Rate& carnet, const Rate& floor);

  // `figure` with the medians of all turns; its ratio is the median of the turns' ratios.
  Figure Of(Figure figure) const;

 private:
  std::vector<double> number_, floor_, ratio_, cpu_us_, floor_cpu_us_;
};

}  // namespace carnet::bench
