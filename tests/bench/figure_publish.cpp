// Unary Publish, 64 in flight, each change a call, answered when it is durable; against the floor's
// handler, which takes the same messages, writes their bytes to a file, syncs it in groups and
// answers. They take turns with the same bytes; the ratio is the median of the turns' ratios. All
// roles are on: carnetd folds what it takes meanwhile.
#include "absl/strings/str_cat.h"

#include "carnet/v1/change_service.pb.h"
#include "tests/bench/bench.h"
#include "tests/bench/load.h"
#include "tests/bench/published.h"
#include "tests/bench/turns.h"

namespace carnet::bench {

void MeasurePublish(Bench* bench) {
  constexpr char kMethod[] = "/carnet.v1.ChangeService/Publish";
  Turns turns;
  std::vector<double> p50, p99, floor_p50;
  for (int round = 0; round < bench->options.rounds; ++round) {
    std::vector<grpc::ByteBuffer> requests;
    for (int64_t i = 0; i < bench->options.publish_calls; ++i) {
      v1::PublishRequest request;
      *request.mutable_change() = ToPublished(bench->day.Next());
      requests.push_back(Encode(request));
    }
    const LoadResult empty = RunLoad(*bench->floor, kMethod, requests, 0);
    const LoadResult carnet = RunLoad(*bench->carnetd, kMethod, requests, 0);
    turns.Add({carnet.per_second, carnet.server_us}, {empty.per_second, empty.server_us});
    p50.push_back(carnet.p50_ms);
    p99.push_back(carnet.p99_ms);
    floor_p50.push_back(empty.p50_ms);
  }
  bench->report.Add(
      turns.Of({.name = "Publish",
                .unit = "calls/s",
                .floor_name = "an empty handler that syncs the request's bytes in groups",
                .must = 0.3,
                .aim = 0.6,
                .note = absl::StrCat("p50 ", Number(Median(p50)), " ms, p99 ", Number(Median(p99)),
                                     " ms; the floor's p50 ", Number(Median(floor_p50)), " ms")}));
}

}  // namespace carnet::bench
