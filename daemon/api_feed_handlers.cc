// Handlers that change feeds at run time: POST /v1/feeds, DELETE /v1/feeds/ID, and
// /v1/feeds/ID/poll, pause and resume.

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "base/json_writer.h"
#include "base/redact.h"
#include "daemon/api_handlers.h"
#include "daemon/api_new_feeds.h"
#include "daemon/log_feed.h"
#include "daemon/log_text.h"
#include "storage/event.h"
#include "storage/find_feed.h"
#include "storage/store_json.h"

namespace feedwire::daemon {
namespace {

// "/v1/feeds/ID/verb"
Result<storage::StoredFeed> feed_before_verb(const ApiCall& call) {
  return storage::find_feed(call.backend.store(), call.request.path[2]);
}

// The feed as it is now, once something was done with it.
ApiReply feed_reply(const ApiBackend& backend, storage::FeedKey key, int status = 200) {
  const Result<storage::StoredFeed> feed = backend.store().feed(key);
  if (!feed) return store_problem(feed.error());
  ApiReply reply{.status = status};
  JsonWriter json(reply.body);
  storage::append_feed_json(json, *feed);
  return reply;
}

ApiReply poll_problem(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found:
      return problem(404, error.message);
    case ErrorCode::busy:
      return problem(429, error.message);
    default:
      return problem(409, error.message);
  }
}

ApiReply added_reply(const std::vector<storage::FeedRef>& wanted, const FeedsChanged& changed) {
  ApiReply reply;
  JsonWriter json(reply.body);
  std::int64_t added = 0;
  for (const FeedsChanged::Added& feed : changed.added) added += feed.is_new ? 1 : 0;
  json.begin_object().field("added", added).key("feeds").begin_array();
  for (std::size_t i = 0; i < changed.added.size(); ++i) {
    const FeedsChanged::Added& feed = changed.added[i];
    json.begin_object()
        .field("feed_id", storage::feed_id(feed.feed))
        .field("url", redact_urls(wanted[i].url))
        .key("added")
        .boolean(feed.is_new)
        .field_if("note", redact_urls(feed.note))
        .end_object();
  }
  json.end_array().end_object();
  return reply;
}

void change(const ApiCall& call, const Respond& respond, storage::FeedKey key,
            storage::FeedChanges changes) {
  const bool accepted = call.backend.change_feeds(
      std::move(changes),
      [respond, key, &backend = call.backend](const Result<FeedsChanged>& changed) {
        if (!changed) return respond(problem(409, changed.error().message));
        respond(feed_reply(backend, key));
      });
  if (!accepted) respond(problem(503, "feedwired is stopping, or busy with other changes"));
}

}  // namespace

void post_feeds(const ApiCall& call, const Respond& respond) {
  Result<std::vector<storage::FeedRef>> feeds = parse_new_feeds(call.request.body);
  if (!feeds)
    return respond(
        problem(feeds.error().code == ErrorCode::malformed ? 400 : 422, feeds.error().message));
  storage::FeedChanges changes;
  changes.add = *feeds;
  const bool accepted = call.backend.change_feeds(
      std::move(changes),
      [respond, wanted = std::move(*feeds)](const Result<FeedsChanged>& changed) {
        if (!changed) return respond(problem(409, changed.error().message));
        respond(added_reply(wanted, *changed));
      });
  if (!accepted) respond(problem(503, "feedwired is stopping, or busy with other changes"));
}

void delete_feed(const ApiCall& call, const Respond& respond) {
  const Result<storage::StoredFeed> feed =
      storage::find_feed(call.backend.store(), call.request.path.back());
  if (!feed) return respond(store_problem(feed.error()));
  const bool accepted = call.backend.change_feeds(
      {.remove = {feed->ref.key}}, [respond](const Result<FeedsChanged>& changed) {
        if (!changed) return respond(problem(409, changed.error().message));
        respond({.status = 204, .content_type = ""});
      });
  if (!accepted) respond(problem(503, "feedwired is stopping, or busy with other changes"));
}

void post_feed_poll(const ApiCall& call, const Respond& respond) {
  const auto parameter = [&](const char* name) {
    const auto found = call.request.query.find(name);
    return found == call.request.query.end() ? std::string() : found->second;
  };
  const std::string wait = parameter("wait"), reason = parameter("force");
  if (call.request.query.contains("wait") && wait != "true" && wait != "false")
    return respond(problem(400, "wait: expected true or false"));
  if (call.request.query.contains("force") && reason.empty())
    return respond(problem(400, "force: expected the reason, which is logged"));
  const Result<storage::StoredFeed> feed = feed_before_verb(call);
  if (!feed) return respond(store_problem(feed.error()));
  if (!reason.empty())
    SPDLOG_WARN("poll forced url={} reason={}", log_feed(feed->ref), log_value(reason));
  PollOrder order;
  order.force = !reason.empty();
  order.wait = wait == "true";
  call.backend.poll_feed(feed->ref.key, order,
                         [respond, key = feed->ref.key, waited = order.wait,
                          &backend = call.backend](const Result<void>& polled) {
                           if (!polled) return respond(poll_problem(polled.error()));
                           respond(feed_reply(backend, key, waited ? 200 : 202));
                         });
}

void post_feed_pause(const ApiCall& call, const Respond& respond) {
  const Result<storage::StoredFeed> feed = feed_before_verb(call);
  if (!feed) return respond(store_problem(feed.error()));
  change(call, respond, feed->ref.key, {.pause = {feed->ref.key}});
}

void post_feed_resume(const ApiCall& call, const Respond& respond) {
  const Result<storage::StoredFeed> feed = feed_before_verb(call);
  if (!feed) return respond(store_problem(feed.error()));
  change(call, respond, feed->ref.key, {.resume = {feed->ref.key}});
}

}  // namespace feedwire::daemon
