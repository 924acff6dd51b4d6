#include "daemon/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <unordered_map>

#include "base/version.h"
#include "feeds/keys.h"
#include "feeds/url.h"
#include "storage/identity_policy.h"

namespace feedwire::daemon {

DiskLimits disk_limits(const config::Config& config) {
  return {config.store.min_free, config.store.ballast};
}

storage::Options store_options(const config::Config& config) {
  using Content = storage::Options::Content;
  using Before = storage::Options::Before;
  storage::Options options;
  options.dir = config.state_dir;
  options.dedupe_by_url = config.identity.dedupe == "url";
  options.content = config.events.content == "none"      ? Content::none
                    : config.events.content == "summary" ? Content::summary
                                                         : Content::full;
  options.before = config.events.before == "none"   ? Before::none
                   : config.events.before == "full" ? Before::full
                                                    : Before::changed;
  options.sync_each_commit = config.events.sync == "commit";
  options.max_line_bytes = config.events.max_line;
  options.segment_size_bytes = config.events.segment_size;
  options.segment_age = config.events.segment_age;
  options.keep_segments = config.events.keep;
  options.keep_segments_bytes = config.events.keep_size;
  options.hold_max_bytes = config.events.hold_max_bytes;
  options.keep_entries = config.store.keep_entries;
  options.keep_keys = config.store.keep_keys;
  options.crash_memory = config.schedule.floor;  // so long what was under way then waits
  options.cache_bytes = config.store.cache;
  options.min_free_bytes = config.store.min_free;
  return options;
}

ApiServer::Options api_options(const config::Config& config) {
  ApiServer::Options options;
  options.streams.events_dir = config.state_dir / "events";
  options.streams.max_streams = config.api.max_streams;
  options.listen = config.api.listen;
  options.token_file = config.api.token_file;
  return options;
}

TransportOptions transport_options(const config::Config& config) {
  TransportOptions options;
  options.user_agent = config.fetch.user_agent;
  if (options.user_agent.empty())  // H-02
    options.user_agent = config.fetch.contact.empty()
                             ? fmt::format("feedwire/{}", kVersion)
                             : fmt::format("feedwire/{} (+{})", kVersion, config.fetch.contact);
  options.max_concurrent = config.fetch.max_concurrent;
  options.total_timeout = config.fetch.timeout;
  options.connect_timeout = config.fetch.connect_timeout;
  options.max_body_bytes = config.fetch.max_body;
  options.proxy = config.fetch.proxy;
  options.allow = config.fetch.allow;
  return options;
}

namespace {

feeds::UrlRules url_rules(const config::Config::Identity& identity) {
  feeds::UrlRules rules;
  rules.strip_params = identity.strip_params;
  // As url_host() names them, whatever the operator's spelling.
  const auto host_of = [](const std::string& name) { return feeds::url_host("http://" + name); };
  for (const auto& [alias, host] : identity.host_aliases)
    rules.host_aliases.insert_or_assign(host_of(alias), host_of(host));
  return rules;
}

// A bound of the operator's own takes the place of all that could go beyond it (S-6).
Pace pace(const config::Config::Schedule& schedule) {
  const config::Config::Schedule usual;
  Pace pace;
  pace.floor = schedule.floor;
  if (schedule.floor != usual.floor) pace.fast_floor = schedule.floor;
  pace.max_interval = schedule.max_interval;
  if (schedule.max_interval != usual.max_interval) pace.dormant_interval = schedule.max_interval;
  return pace;
}

}  // namespace

std::optional<CallbackListener::Options> callback_options(const config::Config& config) {
  if (config.websub.listen.empty()) return std::nullopt;
  return CallbackListener::Options{config.websub.listen, config.fetch.max_body};
}

PollOptions poll_options(const config::Config& config, bool once) {
  PollOptions options;
  options.pace = pace(config.schedule);
  options.budget = config.schedule.budget;
  options.hosts.host_gap = config.fetch.host_gap;
  // An operator who asks for a shorter host gap means the domain's too.
  options.hosts.domain_gap =
      std::min<std::chrono::microseconds>(options.hosts.domain_gap, config.fetch.host_gap);
  options.total_timeout = config.fetch.timeout;
  options.once = once;
  if (!once) options.callbacks = config.websub.callback;  // nobody would be there to answer
  options.max_body_bytes = config.fetch.max_body;
  options.url_rules = url_rules(config.identity);
  return options;
}

ParsePoolOptions parse_pool_options() {
  ParsePoolOptions options;
  options.workers = std::max(2u, std::thread::hardware_concurrency()) - 1;
  return options;
}

std::vector<Subscription> subscriptions(const config::Config& config) {
  std::vector<Subscription> list;
  list.reserve(config.feeds.size());
  for (const config::FeedConfig& feed : config.feeds) {
    Subscription subscription;
    subscription.ref = {feeds::feed_key(feed.url),
                        feed.url,
                        feed.name,
                        feed.title,
                        feed.tags,
                        storage::find_primary_kind(feed.identity)};  // nothing for "auto"
    subscription.interval = feed.interval;
    subscription.weight = feed.weight;
    subscription.headers.assign(feed.headers.begin(), feed.headers.end());
    subscription.allow = feed.allow;
    subscription.time_zone = feed.tz;
    subscription.paged = feed.paged;
    list.push_back(std::move(subscription));
  }
  return list;
}

Subscription added_subscription(storage::FeedRef ref) {
  Subscription subscription;
  if (ref.interval.count() > 0) subscription.interval = ref.interval;
  subscription.paged = ref.paged;
  subscription.ref = std::move(ref);
  return subscription;
}

std::vector<std::size_t> join_operator_feeds(std::vector<Subscription>& subscriptions,
                                             const std::vector<storage::OperatorFeed>& feeds) {
  std::vector<std::size_t> named_twice;
  if (feeds.empty()) return named_twice;
  std::unordered_map<storage::FeedKey, std::size_t> places;
  places.reserve(subscriptions.size());
  for (std::size_t i = 0; i < subscriptions.size(); ++i)
    places.emplace(subscriptions[i].ref.key, i);
  for (const storage::OperatorFeed& feed : feeds) {
    if (const auto place = places.find(feed.ref.key); place != places.end()) {
      subscriptions[place->second].ref.paused = feed.ref.paused;
      if (feed.added) named_twice.push_back(place->second);
    } else {
      subscriptions.push_back(added_subscription(feed.ref));
    }
  }
  return named_twice;
}

}  // namespace feedwire::daemon
