// Requests and replies of the API as the routes see them, without sockets and HTTP syntax.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/peer_credentials.h"
#include "daemon/stream_order.h"

namespace feedwire::daemon {

struct ApiRequest {
  std::string method;                        // "GET" also for HEAD
  std::vector<std::string> path;             // decoded: {"v1", "cursors", "backup"}
  std::map<std::string, std::string> query;  // decoded
  std::string accept;                        // of Accept, as far as it is there
  std::optional<std::string> last_event_id;  // of Last-Event-ID
  std::string if_none_match;                 // of If-None-Match, as far as it is there
  std::string body;
  Access access = Access::none;
};

/// A body that is made while it is sent: appends more of it; false: that was all. After an error
/// the connection is cut, so that the client knows. Called by the API's thread.
using ApiBodySource = std::function<Result<bool>(std::string& bytes)>;

struct ApiReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::string allow = {};                                         // of a 405
  ApiBodySource source = {};                                      // if set: instead of `body`
  std::optional<StreamOrder> stream = {};                         // likewise
  std::vector<std::pair<std::string, std::string>> headers = {};  // others
  std::string cache_control = "no-store";
};

/// Sends the reply, now or later, from any thread. Only the first of several counts; if the last
/// copy of it goes without a call, the client gets a 503.
using Respond = std::function<void(ApiReply)>;

/// {"title","status","detail"} as application/problem+json (RFC 9457); with `mistakes` a field of
/// that name, an array of strings.
ApiReply problem(int status, std::string_view detail,
                 const std::vector<std::string>& mistakes = {});

/// The text behind %XX escapes. Errors: malformed (a broken escape, a control character, not
/// UTF-8).
Result<std::string> percent_decode(std::string_view text);

/// The segments of "/a/b%2Fc", each decoded: {"a", "b/c"}; "/a/" ends with an empty one. Errors:
/// malformed.
Result<std::vector<std::string>> split_path(std::string_view path);

}  // namespace feedwire::daemon
