#include "carnetd/parts.h"

#include <string>
#include <utility>
#include <vector>

#include "domain/fold.h"

namespace carnet {

gateway::SettingsOf MerchantSettings(const runtime::Config& config) {
  return [&config](std::string_view merchant) {
    const auto own = config.merchants.find(std::string(merchant));
    const runtime::MerchantConfig& settings =
        own == config.merchants.end() ? config.merchant_defaults : own->second;
    return gateway::MerchantSettings{settings.country,
                                     static_cast<int32_t>(settings.utc_offset_minutes)};
  };
}

std::function<std::string(std::string_view)> CountryOf(const runtime::Config& config) {
  return [settings = MerchantSettings(config)](std::string_view merchant) {
    return settings(merchant).country;
  };
}

projection::ProjectorOptions ProjectorOptions(const runtime::Config& config,
                                              const Storage& storage) {
  return {.views_folder = storage.views_folder,
          .partitions = runtime::PartitionNumbers(config.projector_partitions),
          .max_batch_records = static_cast<size_t>(config.projector_max_batch_records),
          .max_batch_delay = absl::Milliseconds(config.projector_max_batch_delay_ms)};
}

v1::GetStatusResponse OwnStatus(const runtime::Config& config, const event_log::EventLog& log,
                                absl::Time started_at) {
  v1::GetStatusResponse status;
  status.set_version(CARNET_VERSION);
  for (const std::string& role : config.roles) status.add_roles(role);
  status.set_log(log.identity().log_id.ToString());
  status.set_log_kind(std::string(log.kind()));
  status.set_rules_version(domain::kRulesVersion);
  status.mutable_started_at()->set_seconds(absl::ToUnixSeconds(started_at));
  return status;
}

projector_service::PublishChanges PublishThrough(gateway::Gateway* gateway) {
  if (gateway == nullptr) return nullptr;
  return [gateway](const access::Grant& caller, std::vector<v1::Change> changes,
                   absl::Time deadline, auto done) {
    gateway->Publish(caller, std::move(changes), deadline, std::move(done));
  };
}

projector_service::PreviewChanges PreviewThrough(gateway::Gateway* gateway) {
  if (gateway == nullptr) return nullptr;
  return [gateway](const access::Grant& caller, std::vector<v1::Change> changes,
                   const domain::Reader& views) {
    return gateway->Preview(caller, std::move(changes), views);
  };
}

}  // namespace carnet
