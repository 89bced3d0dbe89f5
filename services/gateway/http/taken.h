// Only for webhooks*.cpp.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "channels/meaning.h"
#include "gateway/http/webhooks.h"
#include "runtime/http_server.h"

namespace carnet::gateway {

// A delivery on its way into the log, answered once: by the log, or when its sender's patience
// ends.
struct Webhooks::Taken {
  Endpoints endpoints;  // as they were when it came
  const Endpoint* endpoint = nullptr;
  channels::Delivery delivery;  // its body points to `body`
  std::string body;
  runtime::HttpRespond respond;
  std::string answer;  // what the sender wants to hear beside 200: JSON, nearly always nothing
  std::atomic<bool> answered{false};
  std::atomic<bool> spooled{false};  // or on its way there

  runtime::HttpResponse Yes() const {
    if (answer.empty()) return {.status = 200};
    return {.status = 200, .body = answer, .content_type = "application/json"};
  }

  bool Answer(runtime::HttpResponse response) {
    if (answered.exchange(true)) return false;
    respond(std::move(response));
    return true;
  }
};

}  // namespace carnet::gateway
