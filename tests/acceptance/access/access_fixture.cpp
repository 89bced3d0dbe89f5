#include "tests/acceptance/access/access_fixture.h"

#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "access/access_file.h"
#include "access/token.h"
#include "base/error.h"
#include "runtime/logging.h"

namespace carnet::acceptance {
namespace {

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace

AccessFixture::AccessFixture() {
  // What a client's gRPC says of handshakes that are meant to fail is no help here.
  runtime::InitLogging(runtime::LogLevel::kWarning, runtime::LogFormat::kText);
  secrets_ = {access::Secret::Random()};
  EXPECT_TRUE(access::SaveSecrets(scratch_.path() + "/access.key", secrets_).ok());
  spoken_.push_back(secrets_.front().Line());
  WriteFile(scratch_.path() + "/client-ca.pem", authority_.root());
  InstallCertificate(authority_.Sign("carnetd"));
}

AccessFixture::~AccessFixture() {
  if (carnetd_ == nullptr) return;
  EXPECT_EQ(carnetd_->Terminate(), 0) << carnetd_->Messages();
  const std::string messages = carnetd_->Messages();
  EXPECT_NE(messages.find("callers need a key or a token"), std::string::npos);
  for (const std::string& secret : spoken_) {
    EXPECT_EQ(messages.find(secret), std::string::npos) << "a secret stands in the log";
    // Nor the end of one, where the secret itself is.
    EXPECT_EQ(messages.find(secret.substr(secret.size() - 20)), std::string::npos);
  }
}

std::string AccessFixture::AddKey(v1::Role role, const std::string& merchant,
                                  const std::function<void(v1::AccessKey*)>& change) {
  v1::AccessKey* key = file_.add_keys();
  key->set_role(role);
  if (role != v1::ROLE_OPERATOR && role != v1::ROLE_GATEWAY) key->add_merchants(merchant);
  if (change) change(key);
  std::string text = access::MakeKey(secrets_.front(), absl::Now(), key);
  EXPECT_TRUE(access::CheckKey(*key).ok());
  spoken_.push_back(text);
  return text;
}

v1::AccessKey* AccessFixture::KeyOf(const std::string& text) {
  for (v1::AccessKey& key : *file_.mutable_keys()) {
    if (text.find(key.id()) != std::string::npos) return &key;
  }
  return nullptr;
}

void AccessFixture::Save() {
  ASSERT_TRUE(access::SaveAccessFile(scratch_.path() + "/access.json", file_).ok());
}

std::string AccessFixture::TokenFor(v1::Role role, const std::string& customer,
                                    absl::Duration ttl) {
  v1::CreateTokenRequest request;
  request.set_merchant("shop-1");
  request.set_role(role);
  request.add_customers(customer);
  request.set_ttl_seconds(static_cast<int32_t>(absl::ToInt64Seconds(ttl)));
  const auto token = access::MakeToken(secrets_.front(), request, "", absl::Now());
  EXPECT_TRUE(token.ok()) << token.status();
  spoken_.push_back(token->text);
  return token->text;
}

void AccessFixture::Start(bool mutual) {
  Save();
  carnetd_ = std::make_unique<CarnetdProcess>(scratch_.path() + "/data", scratch_.path());
  carnetd_->Start(Environment(mutual));
  ASSERT_TRUE(carnetd_->WaitUntilServing()) << carnetd_->Messages();
}

std::vector<std::pair<std::string, std::string>> AccessFixture::Environment(bool mutual) const {
  std::vector<std::pair<std::string, std::string>> environment = {
      {"CARNET_LOGGING_LEVEL", "debug"},
      {"CARNET_ACCESS_FILE", scratch_.path() + "/access.json"},
      {"CARNET_TLS_CERTIFICATE_FILE", scratch_.path() + "/tls/certificate.pem"},
      {"CARNET_TLS_KEY_FILE", scratch_.path() + "/tls/key.pem"}};
  if (mutual) {
    environment.emplace_back("CARNET_TLS_CLIENT_CA_FILE", scratch_.path() + "/client-ca.pem");
  }
  return environment;
}

std::shared_ptr<grpc::Channel> AccessFixture::Connect(const std::optional<Pem>& client) const {
  return Connect(authority_.root(), client);
}

std::shared_ptr<grpc::Channel> AccessFixture::Connect(const std::string& root,
                                                      const std::optional<Pem>& client) const {
  grpc::SslCredentialsOptions options{.pem_root_certs = root,
                                      .pem_private_key = client ? client->key : "",
                                      .pem_cert_chain = client ? client->certificate : ""};
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(carnetd_->address(), grpc::SslCredentials(options), arguments);
}

void AccessFixture::InstallCertificate(const Pem& pem) {
  const std::string folder = absl::StrCat(scratch_.path(), "/tls-", ++certificates_);
  std::filesystem::create_directory(folder);
  WriteFile(folder + "/certificate.pem", pem.certificate);
  WriteFile(folder + "/key.pem", pem.key);
  std::filesystem::create_symlink(folder, scratch_.path() + "/tls-next");
  std::filesystem::rename(scratch_.path() + "/tls-next", scratch_.path() + "/tls");
}

std::string AccessFixture::Verdict(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = ReasonOf(status);
  return absl::StrCat(absl::StatusCodeToString(status.code()), reason.empty() ? "" : " ", reason);
}

bool AccessFixture::Eventually(const std::function<bool()>& condition) {
  const absl::Time end = absl::Now() + absl::Minutes(1);
  while (!condition()) {
    if (absl::Now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace carnet::acceptance
