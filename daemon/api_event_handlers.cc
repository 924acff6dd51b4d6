// Handlers of /v1/events and /v1/events/stream.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/api_handlers.h"
#include "storage/store_json.h"

namespace feedwire::daemon {
namespace {

constexpr std::string_view kSse = "text/event-stream";

bool wants_sse(std::string_view accept) {
  std::string lower(accept);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower.find(kSse) != lower.npos;
}

std::vector<std::string> split_types(std::string_view list) {
  std::vector<std::string> types;
  for (;;) {
    const std::size_t comma = list.find(',');
    if (comma != 0 && !list.empty()) types.emplace_back(list.substr(0, comma));
    if (comma == list.npos) return types;
    list.remove_prefix(comma + 1);
  }
}

Result<std::uint64_t> read_limit(std::string_view text) {
  std::uint64_t limit = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, limit);
  if (error != std::errc{} || rest != end || limit == 0)
    return Error{ErrorCode::invalid_argument, "limit: expected a number from 1 on"};
  return limit;
}

Result<void> take_parameter(const std::string& name, const std::string& value, StreamOrder& order) {
  if (name == "after") {
    Result<storage::Sequence> after = storage::parse_sequence(value);
    if (!after) return std::move(after).error().in("after");
    order.after = *after;
  } else if (name == "from") {
    if (value != "earliest" && value != "latest")
      return Error{ErrorCode::invalid_argument, "from: expected earliest or latest"};
    if (value == "latest") order.after = order.latest;
  } else if (name == "type") {
    order.filter.types = split_types(value);
  } else if (name == "feed") {
    order.filter.feed = value;
  } else if (name == "follow") {
    if (value != "true" && value != "false")
      return Error{ErrorCode::invalid_argument, "follow: expected true or false"};
    order.follows = value == "true";
  } else {
    const Result<std::uint64_t> limit = read_limit(value);
    if (!limit) return limit.error();
    order.limit = *limit;
  }
  return {};
}

/// Errors: invalid_argument.
Result<StreamOrder> read_order(const ApiCall& call, bool is_sse) {
  const std::map<std::string, std::string>& query = call.request.query;
  const storage::LogStatus log = call.backend.store().log_status();
  StreamOrder order;
  order.earliest = log.first;
  order.latest = log.last;
  for (const auto& [name, value] : query)
    if (Result<void> taken = take_parameter(name, value, order); !taken)
      return std::move(taken).error();
  if (query.contains("after") && query.contains("from"))
    return Error{ErrorCode::invalid_argument, "either after or from"};
  if (is_sse && (query.contains("follow") || query.contains("limit")))
    return Error{ErrorCode::invalid_argument,
                 "limit and follow are not for server-sent events, which always follow"};
  if (is_sse && call.request.last_event_id) {
    Result<storage::Sequence> last = storage::parse_sequence(*call.request.last_event_id);
    if (!last) return std::move(last).error().in("Last-Event-ID");
    order.after = *last;
  }
  order.is_sse = is_sse;
  order.follows = order.follows || is_sse;
  return order;
}

void stream(const ApiCall& call, const Respond& respond, bool is_sse) {
  Result<StreamOrder> order = read_order(call, is_sse);
  if (!order) return respond(problem(400, order.error().message));
  const std::string earliest = storage::format_sequence(order->earliest),
                    latest = storage::format_sequence(order->latest);
  ApiReply reply{.content_type = std::string(is_sse ? kSse : "application/x-ndjson")};
  // An EventSource cannot read a status; it is given the gap as an event.
  if (!is_sse && order->after && order->earliest > 0 && *order->after < order->earliest - 1)
    reply =
        problem(410, fmt::format("events from {} on are asked for, the log holds {} to {}",
                                 storage::format_sequence(*order->after + 1), earliest, latest));
  else
    reply.stream = *std::move(order);
  reply.headers = {{"Feedwire-Earliest-Sequence", earliest}, {"Feedwire-Last-Sequence", latest}};
  if (is_sse) reply.headers.emplace_back("X-Accel-Buffering", "no");  // nginx holds nothing back
  respond(std::move(reply));
}

}  // namespace

void get_events(const ApiCall& call, const Respond& respond) {
  stream(call, respond, wants_sse(call.request.accept));
}

void get_event_stream(const ApiCall& call, const Respond& respond) { stream(call, respond, true); }

}  // namespace feedwire::daemon
