// The handlers behind api_routes.cc, one for each method and path.

#pragma once

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

void get_livez(const ApiCall& call, const Respond& respond);
void get_readyz(const ApiCall& call, const Respond& respond);
void get_metrics(const ApiCall& call, const Respond& respond);
void get_status(const ApiCall& call, const Respond& respond);
void post_reload(const ApiCall& call, const Respond& respond);
void post_backup(const ApiCall& call, const Respond& respond);

void get_feeds(const ApiCall& call, const Respond& respond);
void get_feed(const ApiCall& call, const Respond& respond);
void post_feeds(const ApiCall& call, const Respond& respond);
void delete_feed(const ApiCall& call, const Respond& respond);
void post_feed_poll(const ApiCall& call, const Respond& respond);
void post_feed_pause(const ApiCall& call, const Respond& respond);
void post_feed_resume(const ApiCall& call, const Respond& respond);
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

}  // namespace feedwire::daemon
