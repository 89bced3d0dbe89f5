#include "cli/session.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "cli/position.h"

namespace carnet::cli {
namespace {

// A page of 1,000 cards with many addresses each.
constexpr int kMaxMessageBytes = 64 << 20;

}  // namespace

Session::Session(CommonOptions options) : options_(std::move(options)) {}

const std::shared_ptr<grpc::Channel>& Session::channel() const {
  if (!channel_) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    channel_ =
        grpc::CreateCustomChannel(options_.address, grpc::InsecureChannelCredentials(), arguments);
  }
  return channel_;
}

absl::StatusOr<Session> Session::Make(const CommonOptions& options) {
  Session session(options);
  if (!options.min_position.empty()) {
    auto position = ParsePosition(options.min_position);
    if (!position.ok()) return position.status();
    session.position_ = *std::move(position);
    session.has_position_ = true;
  }
  return session;
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
