#include "daemon/api_routes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api_handlers.h"

namespace feedwire::daemon {
namespace {

struct Route {
  std::string_view method;
  std::string_view path;  // "*" stands for one segment
  Access needs;
  std::string_view parameters;  // names allowed in the query, each with a space behind it
  ApiHandler handler;
};

constexpr std::array kRoutes = {
    Route{"GET", "/", Access::read, "", get_page},
    Route{"GET", "/livez", Access::read, "", get_livez},
    Route{"GET", "/readyz", Access::read, "", get_readyz},
    Route{"GET", "/metrics", Access::read, "", get_metrics},
    Route{"GET", "/v1/status", Access::read, "", get_status},
    Route{"GET", "/v1/overview", Access::read, "", get_overview},
    Route{"POST", "/v1/reload", Access::change, "", post_reload},
    Route{"POST", "/v1/backup", Access::change, "dir ", post_backup},
    Route{"GET", "/v1/feeds", Access::read, "limit q state urls ", get_feeds},
    Route{"GET", "/v1/feeds/*", Access::read, "", get_feed},
    Route{"GET", "/v1/feeds/*/requests", Access::read, "limit ", get_feed_requests},
    Route{"GET", "/v1/feeds/*/changes", Access::read, "days limit ", get_feed_changes},
    Route{"POST", "/v1/feeds", Access::change, "", post_feeds},
    Route{"DELETE", "/v1/feeds/*", Access::change, "", delete_feed},
    Route{"POST", "/v1/feeds/*/poll", Access::change, "force wait ", post_feed_poll},
    Route{"POST", "/v1/feeds/*/pause", Access::change, "", post_feed_pause},
    Route{"POST", "/v1/feeds/*/resume", Access::change, "", post_feed_resume},
    Route{"GET", "/v1/entries", Access::read, "feed limit since tag until ", get_entries},
    Route{"GET", "/v1/entries/*", Access::read, "", get_entry},
    Route{"GET", "/v1/entries/*/explanation", Access::read, "", get_explanation},
    Route{"GET", "/v1/snapshot", Access::read, "", get_snapshot},
    Route{"GET", "/v1/events", Access::read, "after feed follow from limit type ", get_events},
    Route{"GET", "/v1/events/stream", Access::read, "after feed from type ", get_event_stream},
    Route{"GET", "/v1/cursors", Access::read, "", get_cursors},
    Route{"GET", "/v1/cursors/*", Access::read, "", get_cursor},
    Route{"PUT", "/v1/cursors/*", Access::change, "", put_cursor},
    Route{"DELETE", "/v1/cursors/*", Access::change, "", delete_cursor},
};

bool matches(std::string_view pattern, const std::vector<std::string>& path) {
  for (const std::string& segment : path) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    if (wanted == "*" ? segment.empty() : wanted != segment) return false;
    pattern.remove_prefix(wanted.size());
  }
  return pattern.empty();
}

/// The methods of a path for the Allow header; empty if there is no such path.
std::string allowed_methods(const std::vector<std::string>& path) {
  std::string methods;
  for (const Route& route : kRoutes) {
    if (!matches(route.path, path)) continue;
    if (!methods.empty()) methods += ", ";
    methods += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  return methods;
}

const Route* find_route(const ApiRequest& request) {
  const auto* const route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& each) {
    return each.method == request.method && matches(each.path, request.path);
  });
  return route == kRoutes.end() ? nullptr : route;
}

}  // namespace

std::optional<ApiReply> ApiRoutes::refuse(const ApiRequest& request) {
  if (request.access == Access::none)
    return problem(403, "only root, feedwired's user and the groups feedwire and feedwire-admin");
  const Route* const route = find_route(request);
  if (route == nullptr) {
    const std::string methods = allowed_methods(request.path);
    if (methods.empty()) return problem(404, "there is nothing at this path");
    ApiReply reply = problem(405, fmt::format("this path has {}", methods));
    reply.allow = methods;
    return reply;
  }
  if (request.access < route->needs)
    return problem(403, "only root, feedwired's user and the group feedwire-admin");
  for (const auto& [name, value] : request.query)
    if (name.find(' ') != name.npos || route->parameters.find(name + ' ') == std::string_view::npos)
      return problem(400, fmt::format("unknown parameter \"{}\"", name));
  return std::nullopt;
}

void ApiRoutes::answer(const ApiRequest& request, const Respond& respond) const {
  if (!backend_.has_store() && request.path.front() == "v1")
    return respond(problem(503, fmt::format("{}", fmt::join(backend_.not_ready(), "; "))));
  find_route(request)->handler({request, backend_, clock_.now().wall}, respond);
}

}  // namespace feedwire::daemon
