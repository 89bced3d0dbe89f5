#include "tests/acceptance/ledger/service.h"

#include <atomic>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "base/fatal.h"
#include "event_log/embedded/embedded_log.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "projection/projector.h"
#include "projector/projector_services.h"
#include "runtime/grpc_server.h"
#include "runtime/guard.h"
#include "runtime/metrics.h"
#include "vault/embedded_key_store.h"
#include "vault/key_ring.h"
#include "vault/lookup.h"
#include "vault/normalize/phone.h"
#include "vault/opener.h"

namespace carnet::ledger_cases {
namespace {

class SetClock final : public gateway::Clock {
 public:
  int64_t NowMicros() override { return now; }
  std::atomic<int64_t> now{0};
};

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) Fatal(std::string(value.status().message()));
  return *std::move(value);
}

std::unique_ptr<event_log::EventLog> MakeLog(const std::string& folder) {
  Must(event_log::InitEmbeddedLog(folder, 1));
  return Must(event_log::OpenEmbeddedLog(folder));
}

}  // namespace

// In the order of services/carnetd/main.cpp.
struct Service::Impl {
  explicit Impl(const std::string& folder)
      : key_store(Must(vault::OpenEmbeddedKeyStore(folder + "/keys", vault::Key::Random(),
                                                   /*create=*/true))),
        keys(key_store.get()),
        log(MakeLog(folder + "/log")),
        projector(Must(projection::MakeProjector(log.get(), {.views_folder = folder + "/views"}))),
        gateway(std::make_unique<gateway::Gateway>(
            gateway::Gateway::Parts{.log = log.get(),
                                    .projector = projector.get(),
                                    .keys = &keys,
                                    .phones = &phones,
                                    .clock = &clock,
                                    .metrics = &metrics,
                                    .guard = &guard,
                                    .settings_of =
                                        [](std::string_view) {
                                          return gateway::MerchantSettings{"FR", 0};
                                        }})),
        opener(&keys),
        lookup(&keys, &phones),
        reads(std::make_unique<projector_service::ProjectorServices>(
            projector_service::ProjectorServices::Parts{
                .projector = projector.get(),
                .log = log.get(),
                .opener = &opener,
                .lookup = &lookup,
                .guard = &guard,
                .facts = {.version = "test", .roles = {}, .started_at = absl::Now()}})) {
    if (!projector->Start().ok()) Fatal("the views can't be read");
    std::vector<grpc::Service*> services = gateway->services();
    services.insert(services.end(), reads->services().begin(), reads->services().end());
    server = Must(runtime::GrpcServer::Start({"127.0.0.1:0"}, services, &guard));
    channel = grpc::CreateChannel(server->addresses().front(), grpc::InsecureChannelCredentials());
  }
  ~Impl() {
    channel.reset();
    server->Shutdown();
    projector->Stop();
    gateway.reset();
  }

  runtime::Guard guard;
  runtime::Metrics metrics;
  vault::PhoneNormalizer phones;
  SetClock clock;
  std::unique_ptr<vault::KeyStore> key_store;
  vault::KeyRing keys;
  std::unique_ptr<event_log::EventLog> log;
  std::unique_ptr<projection::Projector> projector;
  std::unique_ptr<gateway::Gateway> gateway;
  vault::Opener opener;
  vault::Lookup lookup;
  std::unique_ptr<projector_service::ProjectorServices> reads;
  std::unique_ptr<runtime::GrpcServer> server;
  std::shared_ptr<grpc::Channel> channel;
};

Service::Service(const std::string& folder) : impl_(std::make_unique<Impl>(folder)) {}
Service::~Service() = default;

void Service::SetNow(int64_t micros) { impl_->clock.now = micros; }

const std::shared_ptr<grpc::Channel>& Service::channel() const { return impl_->channel; }

}  // namespace carnet::ledger_cases
