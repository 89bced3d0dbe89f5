// carnetd: the server of Carnet. This is the story of the process; what each part does is told in
// its own folder.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

#include "access/rules.h"
#include "carnetd/door.h"
#include "carnetd/http_door.h"
#include "carnetd/parts.h"
#include "carnetd/storage.h"
#include "carnetd/watch.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/projectors.h"
#include "gateway/router.h"
#include "projection/projector.h"
#include "projector/projector_services.h"
#include "runtime/config.h"
#include "runtime/grpc_server.h"
#include "runtime/guard.h"
#include "runtime/logging.h"
#include "runtime/metrics.h"
#include "runtime/shutdown.h"
#include "runtime/whole_file.h"
#include "vault/lookup.h"
#include "vault/normalize/phone.h"
#include "vault/opener.h"

namespace carnet {
namespace {

constexpr int kBadConfiguration = 2;
constexpr int kCannotStart = 1;

using runtime::Log;
using runtime::LogLevel;

bool HasRole(const runtime::Config& config, std::string_view role) {
  return std::find(config.roles.begin(), config.roles.end(), role) != config.roles.end();
}

// One clear line, whatever the log's level and format.
int Refuse(const absl::Status& status, int exit_code) {
  std::fprintf(stderr, "carnetd: %s\n", std::string(status.message()).c_str());
  return exit_code;
}

int Run(const runtime::Config& config) {
  const absl::Time started_at = absl::Now();
  runtime::ShutdownSignal shutdown;  // before any thread
  runtime::InitLogging(runtime::LogLevelOf(config.logging_level),
                       runtime::LogFormatOf(config.logging_format));

  // What outlives the process: the log and the keys.
  auto opened = OpenStorage(config);
  if (!opened.ok()) return Refuse(opened.status(), kCannotStart);
  Storage storage = *std::move(opened);
  event_log::EventLog* const log = storage.log.get();

  // Made before what is counted in them; gone after it.
  runtime::Metrics metrics;
  AddProcessMetrics(CARNET_VERSION, &metrics);

  // Who may call.
  auto credentials = LoadCredentials(config);
  if (!credentials.ok()) return Refuse(credentials.status(), kCannotStart);
  runtime::Guard guard(credentials->get(), &metrics);

  // The log is folded into views …
  std::unique_ptr<projection::Projector> projector;
  if (HasRole(config, "projector")) {
    auto made = projection::MakeProjector(log, ProjectorOptions(config, storage));
    if (!made.ok()) return Refuse(made.status(), kCannotStart);
    projector = *std::move(made);
    AddProjectorMetrics(log, projector.get(), &metrics);
  }

  // … which services read; the gateway appends to it.
  std::vector<grpc::Service*> services;
  vault::PhoneNormalizer phones;
  gateway::SystemClock clock;
  std::unique_ptr<gateway::Projectors> projectors;
  std::unique_ptr<gateway::Router> router;
  std::unique_ptr<gateway::Gateway> gateway;
  if (!config.gateway_projectors.empty()) {
    const auto where = ProjectorsOf(config);
    if (!where.ok()) return Refuse(where.status(), kBadConfiguration);
    projectors = std::make_unique<gateway::Projectors>(log, *where);
    router =
        std::make_unique<gateway::Router>(projectors.get(), &guard, log->identity().partition_count,
                                          OwnStatus(config, *log, started_at));
  }
  if (HasRole(config, "gateway")) {
    gateway = std::make_unique<gateway::Gateway>(gateway::Gateway::Parts{
        .log = log,
        .projector = projector.get(),
        .projectors = projectors.get(),
        .keys = storage.keys.get(),
        .phones = &phones,
        .clock = &clock,
        .metrics = &metrics,
        .guard = &guard,
        .settings_of = MerchantSettings(config),
        .lag_limit = config.gateway_lag_limit,
        .max_in_flight_bytes = static_cast<size_t>(config.gateway_max_in_flight_bytes)});
    services = gateway->services();
  }
  const vault::Opener opener(storage.keys.get());
  const vault::Lookup lookup(storage.keys.get(), &phones);
  std::unique_ptr<projector_service::Eraser> eraser;
  std::unique_ptr<projector_service::ProjectorServices> reads;
  if (projector != nullptr) {
    eraser = std::make_unique<projector_service::Eraser>(projector.get(), storage.keys.get());
    reads = std::make_unique<projector_service::ProjectorServices>(
        projector_service::ProjectorServices::Parts{
            .projector = projector.get(),
            .log = log,
            .opener = &opener,
            .lookup = &lookup,
            .guard = &guard,
            .publish = PublishThrough(gateway.get()),
            .preview = PreviewThrough(gateway.get()),
            .eraser = eraser.get(),
            .country_of = CountryOf(config),
            .outcomes = gateway == nullptr,
            .facts = {.version = CARNET_VERSION, .roles = config.roles, .started_at = started_at}});
    services.insert(services.end(), reads->services().begin(), reads->services().end());
  }

  // Serve.
  if (projector != nullptr) {
    if (absl::Status status = projector->Start(); !status.ok()) return Refuse(status, kCannotStart);
    eraser->Start();  // what a crash left undone, before anybody can read
  }
  auto server = runtime::GrpcServer::Start(config.listen_addresses, services, &guard, TlsOf(config),
                                           router == nullptr ? nullptr : router->service());
  if (server.ok() && !config.metrics_address.empty()) {
    if (absl::Status status = metrics.Serve(config.metrics_address); !status.ok()) server = status;
  }
  std::unique_ptr<HttpDoor> door;
  if (server.ok()) {
    auto opened_door = HttpDoor::Open(config, gateway.get(), &guard, &clock, &metrics);
    if (opened_door.ok()) {
      door = *std::move(opened_door);
    } else {
      server = opened_door.status();
    }
  }
  if (server.ok() && !config.port_file.empty()) {
    const std::string lines =
        absl::StrCat(absl::StrJoin(door->AddressesAfter((*server)->addresses()), "\n"), "\n");
    if (absl::Status status = runtime::WriteWholeFile(config.port_file, lines); !status.ok())
      server = status;
  }
  if (!server.ok()) {
    if (projector != nullptr) projector->Stop();
    return Refuse(server.status(), kCannotStart);
  }
  Log(LogLevel::kInfo, "serving",
      {{"addresses", absl::StrJoin((*server)->addresses(), ",")},
       {"http", absl::StrJoin(door->addresses(), ",")},
       {"metrics", metrics.address()},
       {"roles", absl::StrJoin(config.roles, ",")},
       {"log", log->identity().log_id.ToString()},
       {"partitions", absl::StrCat(log->identity().partition_count)},
       {"data", config.data_folder},
       {"version", CARNET_VERSION}});
  SayWhoMayCall(config);

  auto readiness = std::make_unique<Readiness>(
      log, projector.get(), config.projector_ready_lag,
      [serving = server->get()](bool ready) { serving->SetServing(ready); });

  // Until told to end.
  StopWatch stops(projector.get());
  int signal = 0;
  while ((signal = shutdown.WaitFor(std::chrono::seconds(1))) == 0) {
    stops.Look();
    guard.Look();
    door->Look(config);
  }
  Log(LogLevel::kInfo, "going down", {{"signal", absl::StrCat(signal)}});

  // No new calls, no more waiting; what was taken is appended; the rest closes in the order
  // opposite to this function's.
  readiness.reset();
  (*server)->Shutdown();
  door->Shutdown();
  if (eraser != nullptr) eraser->Stop();
  if (projector != nullptr) projector->Stop();
  gateway.reset();
  Log(LogLevel::kInfo, "ended");
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  // Before there is a second thread: see there.
  if (absl::Status rules = access::CheckRules(); !rules.ok()) return Refuse(rules, kCannotStart);
  const auto loaded = runtime::LoadConfig(
      argc, argv, [](const char* name) { return std::getenv(name); },
      absl::StrCat("carnetd ", CARNET_VERSION));
  if (!loaded.ok()) return Refuse(loaded.status(), kBadConfiguration);
  if (!loaded->print_and_exit.empty()) {
    std::fputs(loaded->print_and_exit.c_str(), stdout);
    return EXIT_SUCCESS;
  }
  return Run(loaded->config);
}

}  // namespace
}  // namespace carnet

int main(int argc, char** argv) { return carnet::Main(argc, argv); }
