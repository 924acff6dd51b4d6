// The handlers behind api_routes.cc, one for each method and path.

#pragma once

#include <atomic>
#include <functional>

#include "base/clock.h"
#include "daemon/api_backend.h"
#include "daemon/api_message.h"

namespace feedwire::daemon {

struct ApiCall {
  const ApiRequest& request;
  ApiBackend& backend;
  WallTime now;
};

/// Calls `respond`, now or later; what `call` refers to is only there until it returns.
using ApiHandler = void (*)(const ApiCall& call, const Respond& respond);

void get_page(const ApiCall& call, const Respond& respond);
void get_livez(const ApiCall& call, const Respond& respond);
void get_readyz(const ApiCall& call, const Respond& respond);
void get_metrics(const ApiCall& call, const Respond& respond);
void get_status(const ApiCall& call, const Respond& respond);
void get_overview(const ApiCall& call, const Respond& respond);
void post_reload(const ApiCall& call, const Respond& respond);
void post_backup(const ApiCall& call, const Respond& respond);

void get_feeds(const ApiCall& call, const Respond& respond);
void get_feed(const ApiCall& call, const Respond& respond);
void post_feeds(const ApiCall& call, const Respond& respond);
void delete_feed(const ApiCall& call, const Respond& respond);
void post_feed_poll(const ApiCall& call, const Respond& respond);
void post_feed_pause(const ApiCall& call, const Respond& respond);
void post_feed_resume(const ApiCall& call, const Respond& respond);
void get_feed_requests(const ApiCall& call, const Respond& respond);
void get_feed_changes(const ApiCall& call, const Respond& respond);
void get_entries(const ApiCall& call, const Respond& respond);
void get_entry(const ApiCall& call, const Respond& respond);
void get_explanation(const ApiCall& call, const Respond& respond);
void get_snapshot(const ApiCall& call, const Respond& respond);

void get_events(const ApiCall& call, const Respond& respond);
void get_event_stream(const ApiCall& call, const Respond& respond);

void get_cursors(const ApiCall& call, const Respond& respond);
void get_cursor(const ApiCall& call, const Respond& respond);
void put_cursor(const ApiCall& call, const Respond& respond);
void delete_cursor(const ApiCall& call, const Respond& respond);

/// The reply to an error of the store: 404 for not_found, else a logged 500.
ApiReply store_problem(const Error& error);

/// Answers with what `work` makes, on the thread for what takes long to read; 503 if that has too
/// much to do. `work` must not refer to the request.
void on_read_thread(const ApiCall& call, const Respond& respond,
                    std::function<ApiReply(const std::atomic<bool>& stopping)> work);

/// Whether an operator should look at the feed: polls fail, it is gone, or there is something odd
/// about it (storage/feed_problems.h).
bool is_ill(const storage::StoredFeed& feed);

}  // namespace feedwire::daemon
