#include "tests/bench/turns.h"

namespace carnet::bench {

void Turns::Add(const Rate& carnet, const Rate& floor) {
  number_.push_back(carnet.per_second);
  floor_.push_back(floor.per_second);
  ratio_.push_back(carnet.per_second / floor.per_second);
  cpu_us_.push_back(carnet.server_us);
  floor_cpu_us_.push_back(floor.server_us);
}

Figure Turns::Of(Figure figure) const {
  figure.number = Median(number_);
  figure.floor = Median(floor_);
  figure.ratio = Median(ratio_);
  figure.cpu_us = Median(cpu_us_);
  figure.floor_cpu_us = Median(floor_cpu_us_);
  return figure;
}

}  // namespace carnet::bench
