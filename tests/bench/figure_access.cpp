// What asking who calls costs: GetBalance as in figure_reads.cpp from a carnetd that wants a key,
// against the same from one that does not, in processor time of the server a call. They take turns
// on the same data, each time started anew and warmed up. Both in clear: encryption is not counted.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

#include "access/access_file.h"
#include "access/secrets.h"
#include "carnet/v1/ledger_service.pb.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/load.h"
#include "tests/bench/published.h"

namespace carnet::bench {
namespace {

constexpr int64_t kCustomersAsked = 50'000;
constexpr double kWarmUpSeconds = 1;
constexpr char kMethod[] = "/carnet.v1.LedgerService/GetBalance";

}  // namespace

std::string MakeTillKey(const std::string& folder, const std::set<std::string>& merchants) {
  const access::Secrets secrets = {access::Secret::Random()};
  Check(access::SaveSecrets(folder + "/access.key", secrets), "access.key");
  v1::AccessFile file;
  v1::AccessKey* key = file.add_keys();
  key->set_role(v1::ROLE_TILL);
  for (const std::string& merchant : merchants) key->add_merchants(merchant);
  std::string text = access::MakeKey(secrets.front(), absl::Now(), key);
  Check(access::SaveAccessFile(folder + "/access.json", file), "access.json");
  return text;
}

void MeasureAccess(Bench* bench) {
  std::vector<grpc::ByteBuffer> requests;
  std::set<std::string> merchants;
  TillDay day;  // from the beginning: what the log holds
  for (int64_t i = 0; i < std::min(bench->options.changes, kCustomersAsked); ++i) {
    v1::GetBalanceRequest request;
    request.set_customer(CustomerNameOf(day.Next()));
    merchants.insert(std::vector<std::string>(absl::StrSplit(request.customer(), '/')).at(1));
    requests.push_back(Encode(request));
  }
  const std::string key = MakeTillKey(bench->options.folder, merchants);
  const std::string access = "--access-file=" + bench->options.folder + "/access.json";

  std::vector<double> with, without, share;
  const auto measure = [&](const std::vector<std::string>& flags, const std::string& credential) {
    bench->carnetd->Stop();
    bench->carnetd = bench->StartCarnetd(flags);
    RunLoad(*bench->carnetd, kMethod, requests, kWarmUpSeconds, credential);
    return RunLoad(*bench->carnetd, kMethod, requests, bench->options.read_seconds, credential)
        .server_us;
  };
  for (int round = 0; round < bench->options.rounds; ++round) {
    without.push_back(measure({}, ""));
    with.push_back(measure({access}, key));
    share.push_back(1 - without.back() / with.back());
  }
  bench->carnetd->Stop();
  bench->carnetd = bench->StartCarnetd();
  bench->report.Add({.name = "authentication",
                     .number = Median(share),
                     .unit = "of a GetBalance",
                     .must = 0.10,
                     .aim = 0.03,
                     .at_most = true,
                     .cpu_us = Median(with),
                     .floor_cpu_us = Median(without),
                     .note = "processor time a call with a key, and (as floor) without"});
}

}  // namespace carnet::bench
