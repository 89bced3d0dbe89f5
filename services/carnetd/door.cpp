#include "carnetd/door.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "runtime/logging.h"

namespace carnet {

absl::StatusOr<std::unique_ptr<access::Credentials>> LoadCredentials(
    const runtime::Config& config) {
  if (config.access_file.empty()) return nullptr;
  const std::string beside =
      (std::filesystem::path(config.access_file).parent_path() / "access.key").string();
  return access::Credentials::Load(
      {.keys = config.access_file,
       .secrets = config.access_key_file.empty() ? beside : config.access_key_file});
}

runtime::TlsFiles TlsOf(const runtime::Config& config) {
  return {.certificate = config.tls_certificate_file,
          .key = config.tls_key_file,
          .client_ca = config.tls_client_ca_file};
}

runtime::TlsFiles HttpTlsOf(const runtime::Config& config) {
  runtime::TlsFiles files = TlsOf(config);
  if (!config.http_client_certificates) files.client_ca.clear();
  return files;
}

absl::StatusOr<gateway::ProjectorAddresses> ProjectorsOf(const runtime::Config& config) {
  gateway::ProjectorAddresses where{.addresses = config.gateway_projectors,
                                    .tls = {.ca = config.gateway_projectors_ca_file,
                                            .certificate = config.tls_certificate_file,
                                            .key = config.tls_key_file},
                                    .api_key_file = config.gateway_projectors_api_key_file};
  if (absl::Status files = runtime::CheckClientTlsFiles(where.tls); !files.ok()) return files;
  std::string key;
  if (!where.api_key_file.empty() && !(std::ifstream(where.api_key_file) >> key)) {
    return Error(absl::StatusCode::kInvalidArgument, "CONFIG_BAD_VALUE",
                 absl::StrCat("gateway.projectors_api_key_file: ", where.api_key_file,
                              " can't be read, or is empty: make one with `carnet access create "
                              "--role gateway`"));
  }
  return where;
}

void SayWhoMayCall(const runtime::Config& config) {
  const std::string tls = config.tls_key_file.empty()         ? "off"
                          : config.tls_client_ca_file.empty() ? "on"
                                                              : "on, with client certificates";
  if (config.access_file.empty()) {
    runtime::Log(runtime::LogLevel::kInfo,
                 "no credentials are asked for: whoever reaches a port here may read and write "
                 "everything (access.file would change that)",
                 {{"tls", tls}});
  } else {
    runtime::Log(runtime::LogLevel::kInfo, "callers need a key or a token",
                 {{"access_file", config.access_file}, {"tls", tls}});
  }
}

}  // namespace carnet
