// What each method and path of the API does: daemon/api.md.

#pragma once

#include <optional>

#include "base/clock.h"
#include "daemon/api_backend.h"
#include "daemon/api_message.h"

namespace feedwire::daemon {

/// Immutable; the API's threads.
class ApiRoutes {
 public:
  /// Both must outlive the object, and `backend` every task it was given.
  ApiRoutes(ApiBackend& backend, const Clock& clock) : backend_(backend), clock_(clock) {}

  /// Why the request cannot be answered, as far as its first line and its sender tell: 403, 404 or
  /// 405. To be asked before the body is read.
  static std::optional<ApiReply> refuse(const ApiRequest& request);

  /// Answers a request that was not refused.
  void answer(const ApiRequest& request, const Respond& respond) const;

 private:
  ApiBackend& backend_;
  const Clock& clock_;
};

}  // namespace feedwire::daemon
