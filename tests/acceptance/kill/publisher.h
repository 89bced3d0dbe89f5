// Publishes a shop's story, change after change, and knows what was acknowledged.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/token.pb.h"
#include "tests/acceptance/kill/shop_story.h"

namespace carnet::acceptance {

// One thread at a time.
class Publisher {
 public:
  enum class Way { kUnary, kUnaryAndWait, kBatch };
  Publisher(ShopStory story, Way way) : story_(std::move(story)), way_(way) {}

  // Publishes from the first change on that was not acknowledged, with the ids they had, until
  // `up_to` of them are and none that was sent is still unknown, or the server is gone.
  // `acknowledged` is called for each, as soon as it is. Answers with what the server said that it
  // should not have said; a server that is gone, or is about to be, is no fault.
  std::string Publish(const std::shared_ptr<grpc::Channel>& channel, size_t up_to,
                      const std::function<void()>& acknowledged);

  const ShopStory& story() const { return story_; }
  // The first so many changes were acknowledged.
  size_t acknowledged() const { return acknowledged_; }
  // The first so many may be in the log: they were sent, whatever became of it.
  size_t sent() const { return sent_; }
  // How far it came, as a line for people.
  std::string Progress() const {
    return story_.merchant() + ": acknowledged " + std::to_string(acknowledged_) + " of " +
           std::to_string(sent_) + " sent\n";
  }
  // Of the newest one that was acknowledged.
  const carnet::v1::Token& token() const { return token_; }

 private:
  std::string PublishOne(carnet::v1::ChangeService::Stub* stub, bool* gone);
  std::string PublishStream(carnet::v1::ChangeService::Stub* stub, size_t up_to,
                            const std::function<void()>& acknowledged);

  const ShopStory story_;
  const Way way_;
  size_t acknowledged_ = 0;
  size_t sent_ = 0;
  carnet::v1::Token token_;
};

}  // namespace carnet::acceptance
