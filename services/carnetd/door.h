// Who may come in: from the configuration to credentials and TLS.
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "access/credentials.h"
#include "gateway/projectors.h"
#include "runtime/config.h"
#include "runtime/tls.h"

namespace carnet {

// Null where the configuration asks for none. Errors: those of access::Credentials::Load().
absl::StatusOr<std::unique_ptr<access::Credentials>> LoadCredentials(const runtime::Config& config);

runtime::TlsFiles TlsOf(const runtime::Config& config);
// The same for HTTP, where clients may be spared a certificate.
runtime::TlsFiles HttpTlsOf(const runtime::Config& config);

// The projectors of other processes. Errors: TLS_FILES, CONFIG_BAD_VALUE where the key can't be
// read.
absl::StatusOr<gateway::ProjectorAddresses> ProjectorsOf(const runtime::Config& config);

// One line to the log: whether credentials are asked for, and whether connections are encrypted.
void SayWhoMayCall(const runtime::Config& config);

}  // namespace carnet
