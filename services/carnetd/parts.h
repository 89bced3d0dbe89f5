// From the configuration to what each part takes of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

#include "carnet/v1/admin_service.pb.h"
#include "carnetd/storage.h"
#include "event_log/event_log.h"
#include "gateway/gateway.h"
#include "gateway/merchants.h"
#include "projection/projector.h"
#include "projector/projector_services.h"
#include "runtime/config.h"

namespace carnet {

// `config` must outlive what it gives.
gateway::SettingsOf MerchantSettings(const runtime::Config& config);

projection::ProjectorOptions ProjectorOptions(const runtime::Config& config,
                                              const Storage& storage);

std::function<std::string(std::string_view merchant)> CountryOf(const runtime::Config& config);

// How resource services write: through this process's own gateway, if it has one.
projector_service::PublishChanges PublishThrough(gateway::Gateway* gateway);
projector_service::PreviewChanges PreviewThrough(gateway::Gateway* gateway);

// What a gateway that folds nothing says of itself.
v1::GetStatusResponse OwnStatus(const runtime::Config& config, const event_log::EventLog& log,
                                absl::Time started_at);

}  // namespace carnet
