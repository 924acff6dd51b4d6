#include "config/schema.h"

namespace feedwire::config {
namespace {

template <auto kMember>
Slot top(Config& config) {
  return &(config.*kMember);
}
template <auto kSection, auto kMember>
Slot in(Config& config) {
  return &(config.*kSection.*kMember);
}
template <auto kMember>
Slot of_feed(FeedConfig& feed) {
  return &(feed.*kMember);
}

constexpr double kMinute = 60, kHour = 3600, kDay = 86400, kTenYears = 3652 * kDay;
constexpr double kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB, kTiB = 1024 * kGiB;

constexpr std::string_view kLevels[] = {"error", "warn", "info", "debug"};
constexpr std::string_view kDedupe[] = {"url", "feed"};
constexpr std::string_view kContent[] = {"full", "summary", "none"};
constexpr std::string_view kBefore[] = {"changed", "full", "none"};
constexpr std::string_view kSync[] = {"lazy", "commit"};
constexpr std::string_view kFeedIdentity[] = {"auto",      "guid",       "link",
                                              "enclosure", "title_date", "title_content"};

const Setting kSettings[] = {
    {{"", "state_dir", Kind::path, "Folder of the store and the event log."},
     top<&Config::state_dir>},
    {{"", "runtime_dir", Kind::path, "Folder of the socket feedwire.sock."},
     top<&Config::runtime_dir>},
    {{"", "opml", Kind::paths, "OPML files with subscriptions; those of all files add up."},
     top<&Config::opml>},

    {{"log", "level", Kind::choice, "Least important level that is logged.", {}, kLevels},
     in<&Config::log, &Config::Log::level>},

    {{"fetch", "contact", Kind::text, "URL or mail address in the User-Agent, for site owners."},
     in<&Config::fetch, &Config::Fetch::contact>},
    {{"fetch", "user_agent", Kind::text, "Replaces the whole User-Agent."},
     in<&Config::fetch, &Config::Fetch::user_agent>},
    {{"fetch",
      "max_concurrent",
      Kind::count,
      "Requests under way at once, besides those of servers that are silent.",
      {1, 10'000}},
     in<&Config::fetch, &Config::Fetch::max_concurrent>},
    {{"fetch", "timeout", Kind::duration, "A poll with all its redirects.", {1, kHour}},
     in<&Config::fetch, &Config::Fetch::timeout>},
    {{"fetch", "connect_timeout", Kind::duration, "Name lookup, TCP and TLS.", {1, kHour}},
     in<&Config::fetch, &Config::Fetch::connect_timeout>},
    {{"fetch", "max_body", Kind::size, "Largest document, decoded.", {kKiB, 256 * kMiB}},
     in<&Config::fetch, &Config::Fetch::max_body>},
    {{"fetch", "proxy", Kind::proxy_url, "Proxy for all requests."},
     in<&Config::fetch, &Config::Fetch::proxy>},
    {{"fetch",
      "host_gap",
      Kind::duration,
      "Least time between two requests to one host.",
      {0, kHour}},
     in<&Config::fetch, &Config::Fetch::host_gap>},
    {{"fetch",
      "ledger",
      Kind::size,
      "Disk space for the record of all requests; 0B = none.",
      {0, 1024 * kTiB}},
     in<&Config::fetch, &Config::Fetch::ledger>},
    {{"fetch", "allow", Kind::networks, "Private networks that every feed may reach."},
     in<&Config::fetch, &Config::Fetch::allow>},

    {{"schedule",
      "floor",
      Kind::duration,
      "Shortest time between two polls of a feed without an interval.",
      {1, kTenYears}},
     in<&Config::schedule, &Config::Schedule::floor>},
    {{"schedule",
      "max_interval",
      Kind::duration,
      "Longest time between two polls, unless the publisher asks for more.",
      {1, kTenYears}},
     in<&Config::schedule, &Config::Schedule::max_interval>},
    {{"schedule",
      "budget",
      Kind::number,
      "Requests per feed and day, on average over all feeds.",
      {0.1, 86'400}},
     in<&Config::schedule, &Config::Schedule::budget>},

    {{"identity",
      "dedupe",
      Kind::choice,
      "\"url\": entries with one URL are one entry, whatever feed has them; \"feed\": each feed "
      "its own.",
      {},
      kDedupe},
     in<&Config::identity, &Config::Identity::dedupe>},
    {{"identity", "strip_params", Kind::texts, "Further query parameters that identify nothing."},
     in<&Config::identity, &Config::Identity::strip_params>},
    {{"identity", "host_aliases", Kind::hosts, "Hosts whose pages are those of another host."},
     in<&Config::identity, &Config::Identity::host_aliases>},

    {{"events",
      "content",
      Kind::choice,
      "How much of an entry's text its events carry.",
      {},
      kContent},
     in<&Config::events, &Config::Events::content>},
    {{"events",
      "before",
      Kind::choice,
      "How much of the old revision an update carries.",
      {},
      kBefore},
     in<&Config::events, &Config::Events::before>},
    {{"events",
      "max_line",
      Kind::size,
      "Largest line; what does not fit is left out and named.",
      {4 * kKiB, 64 * kMiB}},
     in<&Config::events, &Config::Events::max_line>},
    {{"events",
      "segment_size",
      Kind::size,
      "A larger segment is closed and the next one begun.",
      {4 * kKiB, 256 * kMiB}},
     in<&Config::events, &Config::Events::segment_size>},
    {{"events",
      "segment_age",
      Kind::duration,
      "So is an older one that holds events.",
      {kMinute, 366 * kDay}},
     in<&Config::events, &Config::Events::segment_age>},
    {{"events",
      "keep",
      Kind::duration,
      "Age at which closed segments are deleted.",
      {15 * kMinute, kTenYears}},
     in<&Config::events, &Config::Events::keep>},
    {{"events",
      "keep_size",
      Kind::size,
      "Disk space for all segments; the oldest are deleted first.",
      {kMiB, 1024 * kTiB}},
     in<&Config::events, &Config::Events::keep_size>},
    {{"events",
      "hold_max_bytes",
      Kind::size,
      "Up to so much, cursors with hold = true delay that.",
      {0, 1024 * kTiB}},
     in<&Config::events, &Config::Events::hold_max_bytes>},
    {{"events",
      "sync",
      Kind::choice,
      "\"lazy\": segments reach the disk within a second (the store always at once); \"commit\": "
      "with each commit.",
      {},
      kSync},
     in<&Config::events, &Config::Events::sync>},

    {{"store",
      "keep_entries",
      Kind::duration,
      "The content of entries is kept so long after they were last seen.",
      {kHour, kTenYears}},
     in<&Config::store, &Config::Store::keep_entries>},
    {{"store",
      "keep_keys",
      Kind::duration,
      "What they are known by is kept so long, against coming back as new.",
      {kHour, kTenYears}},
     in<&Config::store, &Config::Store::keep_keys>},
    {{"store", "cache", Kind::size, "Memory for reading from the store.", {kMiB, kTiB}},
     in<&Config::store, &Config::Store::cache>},
    {{"store",
      "min_free",
      Kind::size,
      "Disk space that stays free: below it feedwired waits, below twice it polls nothing.",
      {0, kTiB}},
     in<&Config::store, &Config::Store::min_free>},
    {{"store",
      "ballast",
      Kind::size,
      "Disk space kept in reserve, beside that, for closing the store on a full disk.",
      {0, kTiB}},
     in<&Config::store, &Config::Store::ballast>},

    {{"api", "listen", Kind::address,
      "TCP address of the HTTP API, for who has the token; \"\" = the socket alone."},
     in<&Config::api, &Config::Api::listen>},
    {{"api", "token_file", Kind::path,
      "File with the bearer token of the TCP address, which not everybody may open."},
     in<&Config::api, &Config::Api::token_file>},
    {{"api", "max_streams", Kind::count, "Event streams at once.", {1, 100'000}},
     in<&Config::api, &Config::Api::max_streams>},

    {{"websub", "listen", Kind::address,
      "TCP address at which hubs push what is new; \"\" = WebSub is not used."},
     in<&Config::websub, &Config::WebSub::listen>},
    {{"websub", "callback", Kind::base_url,
      "Public https URL under which hubs find that address; a secret part is added for each feed."},
     in<&Config::websub, &Config::WebSub::callback>},
};

const FeedSetting kFeedSettings[] = {
    {{"feed", "url", Kind::feed_url, "The feed's URL. Required."}, of_feed<&FeedConfig::url>},
    {{"feed", "name", Kind::name, "A short name of your own, unique."}, of_feed<&FeedConfig::name>},
    {{"feed", "title", Kind::text, "A title in place of the feed's own."},
     of_feed<&FeedConfig::title>},
    {{"feed", "tags", Kind::texts, "Words that every event of the feed carries."},
     of_feed<&FeedConfig::tags>},
    {{"feed",
      "interval",
      Kind::duration,
      "Time between two polls; \"\" = decided by feedwired.",
      {1, kTenYears}},
     of_feed<&FeedConfig::interval>},
    {{"feed",
      "identity",
      Kind::choice,
      "What tells its entries apart; \"auto\" = decided by feedwired.",
      {},
      kFeedIdentity},
     of_feed<&FeedConfig::identity>},
    {{"feed",
      "weight",
      Kind::number,
      "Share of the budget; 2 = polled as if twice as important.",
      {0.01, 100}},
     of_feed<&FeedConfig::weight>},
    {{"feed", "tz", Kind::zone, "The zone of dates without one; \"\" = decided by feedwired."},
     of_feed<&FeedConfig::tz>},
    {{"feed", "paged", Kind::flag,
      "Older pages are at ?paged=2, 3, … as with WordPress, for entries that were missed."},
     of_feed<&FeedConfig::paged>},
    {{"feed", "headers", Kind::headers, "HTTP header fields, sent to the feed's own host only."},
     of_feed<&FeedConfig::headers>},
    {{"feed", "allow", Kind::networks, "Private networks that this feed may reach."},
     of_feed<&FeedConfig::allow>},
};

}  // namespace

std::span<const Setting> settings() { return kSettings; }

std::span<const FeedSetting> feed_settings() { return kFeedSettings; }

std::vector<std::string_view> section_names() {
  std::vector<std::string_view> names;
  for (const Setting& setting : kSettings) {
    if (names.empty() || names.back() != setting.spec.section)
      names.push_back(setting.spec.section);
  }
  return names;
}

std::string KeySpec::path() const {
  return section.empty() ? std::string(name) : std::string(section).append(".").append(name);
}

}  // namespace feedwire::config
