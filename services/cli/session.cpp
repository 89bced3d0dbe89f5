#include "cli/session.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "cli/position.h"

namespace carnet::cli {
namespace {

// A page of 1,000 cards with many addresses each.
constexpr int kMaxMessageBytes = 64 << 20;

absl::Status ReadInto(const std::string& path, std::string* content) {
  std::ifstream file(path, std::ios::binary);
  content->assign(std::istreambuf_iterator<char>(file), {});
  if (file && !content->empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, " can't be read, or is empty"));
}

// Names are none but "localhost": what they resolve to is somebody else's to say.
bool IsLoopback(std::string_view address) {
  const std::string host(address.substr(0, address.rfind(':')));
  in_addr v4;
  return host == "[::1]" || host == "localhost" || address.starts_with("unix:") ||
         (inet_pton(AF_INET, host.c_str(), &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

}  // namespace

Session::Session(CommonOptions options) : options_(std::move(options)) {}

const std::shared_ptr<grpc::Channel>& Session::channel() const {
  if (!channel_) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    const auto credentials =
        encrypted_ ? grpc::SslCredentials(tls_) : grpc::InsecureChannelCredentials();
    channel_ = grpc::CreateCustomChannel(options_.address, credentials, arguments);
  }
  return channel_;
}

absl::StatusOr<Session> Session::Make(const CommonOptions& options) {
  Session session(options);
  if (absl::Status read = session.ReadFiles(); !read.ok()) return read;
  if (!options.min_position.empty()) {
    auto position = ParsePosition(options.min_position);
    if (!position.ok()) return position.status();
    session.position_ = *std::move(position);
    session.has_position_ = true;
  }
  return session;
}

absl::Status Session::ReadFiles() {
  encrypted_ = options_.tls || !options_.ca_file.empty() || !options_.certificate_file.empty();
  for (const auto& [path, content] :
       {std::pair(options_.ca_file, &tls_.pem_root_certs),
        std::pair(options_.certificate_file, &tls_.pem_cert_chain),
        std::pair(options_.certificate_key_file, &tls_.pem_private_key)}) {
    if (path.empty()) continue;
    if (absl::Status read = ReadInto(path, content); !read.ok()) return read;
  }
  std::string key;
  if (!options_.key_file.empty()) {
    if (absl::Status read = ReadInto(options_.key_file, &key); !read.ok()) return read;
  } else if (const char* variable = std::getenv("CARNET_API_KEY")) {
    key = variable;
  }
  absl::StripAsciiWhitespace(&key);
  if (key.empty()) return absl::OkStatus();
  for (const char c : key) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError("what should be a key is none: it has blanks or worse");
    }
  }
  if (!encrypted_ && !IsLoopback(options_.address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("your key would go to ", options_.address,
                     " in clear: say --tls, or --ca FILE with the server's root"));
  }
  credential_ = absl::StrCat("Bearer ", key);
  return absl::OkStatus();
}

void Session::AddCredentials(grpc::ClientContext* context) const {
  if (!credential_.empty()) context->AddMetadata("authorization", credential_);
}

absl::StatusOr<std::string> Session::Merchant() const {
  if (!options_.merchant.empty()) return options_.merchant;
  return absl::InvalidArgumentError(
      "whose booklet? Name the merchant with --merchant NAME or CARNET_MERCHANT");
}

absl::StatusOr<std::string> Session::CustomerName(std::string_view typed) const {
  if (typed.starts_with("merchants/")) return std::string(typed);
  const auto merchant = Merchant();
  if (!merchant.ok()) return merchant.status();
  constexpr std::string_view kPrefix = "customers/";
  if (typed.starts_with(kPrefix)) typed.remove_prefix(kPrefix.size());
  return absl::StrCat("merchants/", *merchant, "/customers/", std::string(typed));
}

void Session::Print(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Session::Flush() const { std::fflush(stdout); }

void Session::Say(std::string_view text) const {
  std::fflush(stdout);
  std::fprintf(stderr, "carnet: %.*s%s", static_cast<int>(text.size()), text.data(),
               text.ends_with('\n') ? "" : "\n");
}

}  // namespace carnet::cli
