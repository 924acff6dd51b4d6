// The configuration as feedwired uses it. Its keys, units and defaults are those of
// config/README.md; one table (config/schema.cc) reads, checks, prints and documents them.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace feedwire::config {

struct FeedConfig {
  std::string url;   // http(s), as the operator wrote it without its fragment
  std::string name;  // optional slug [a-z0-9][a-z0-9._-]{0,63}, unique
  std::string title;
  std::vector<std::string> tags;
  std::optional<std::chrono::seconds> interval;
  std::string identity = "auto";  // auto, guid, link, enclosure, title_date, title_content
  double weight = 1;
  std::string tz;      // of dates without one: as configured_offset() reads it, "" = none
  bool paged = false;  // its older pages are at ?paged=2 and so on
  std::map<std::string, std::string> headers;
  std::vector<std::string> allow;  // CIDRs, checked
  std::string origin;              // "file:line" it came from, for messages
};

struct Config {
  std::filesystem::path state_dir = "/var/lib/feedwire";
  std::filesystem::path runtime_dir = "/run/feedwire";
  std::vector<std::filesystem::path> opml;

  struct Log {
    std::string level = "info";  // error, warn, info, debug
  } log;
  struct Fetch {
    std::string contact, user_agent, proxy;
    std::uint32_t max_concurrent = 256;
    std::chrono::seconds timeout{60}, connect_timeout{10}, host_gap{2};
    std::uint64_t max_body = 16ull << 20, ledger = 1ull << 30;
    std::vector<std::string> allow;  // CIDRs, checked
    bool operator==(const Fetch&) const = default;
  } fetch;
  struct Schedule {
    std::chrono::seconds floor{3600}, max_interval{12 * 3600};
    double budget = 12;  // requests per feed and day
    bool operator==(const Schedule&) const = default;
  } schedule;
  struct Identity {
    std::string dedupe = "url";  // url, feed
    std::vector<std::string> strip_params;
    std::map<std::string, std::string> host_aliases;
    bool operator==(const Identity&) const = default;
  } identity;
  struct Events {
    std::string content = "full";    // full, summary, none
    std::string before = "changed";  // changed, full, none
    std::string sync = "lazy";       // lazy, commit
    std::uint64_t max_line = 1ull << 20, segment_size = 64ull << 20, keep_size = 10ull << 30,
                  hold_max_bytes = 20ull << 30;
    std::chrono::seconds segment_age{3600}, keep{7 * 86400};
    bool operator==(const Events&) const = default;
  } events;
  struct Store {
    std::chrono::seconds keep_entries{90 * 86400}, keep_keys{400 * 86400};
    std::uint64_t cache = 64ull << 20, min_free = 256ull << 20, ballast = 32ull << 20;
    bool operator==(const Store&) const = default;
  } store;
  struct Api {
    std::string listen, token_file;
    std::uint32_t max_streams = 1024;
    bool operator==(const Api&) const = default;
  } api;
  struct WebSub {
    std::string listen, callback;
    bool operator==(const WebSub&) const = default;
  } websub;

  /// [[feed]] of all files, then the feeds of the OPML files; one entry a URL (H-74: tags join, the
  /// first settings win).
  std::vector<FeedConfig> feeds;
  std::vector<std::string> notices;  // what is odd but no mistake: a feed listed twice, …

  /// Whether all that takes effect only at a start is the same: everything but feeds and log.
  bool same_settings(const Config& other) const;
};

/// One mistake in a configuration file.
struct Mistake {
  std::string file;
  std::uint32_t line = 0, column = 0;  // 1-based; 0 = the file as a whole
  std::string key;                     // "fetch.timeout"
  std::string message;                 // what was expected: 'expected a duration such as "60s"'
  std::string suggestion;              // 'did you mean "timeout"?'; may be empty
  std::string text() const;            // "file:3:5: fetch.timeout: … (did you mean …?)"
};

/// Where a setting was made; line 0 = the file, or the environment, as a whole.
struct Origin {
  std::string file;
  std::uint32_t line = 0, column = 0;
  std::string text() const;  // "file:3", or "file" without a line
};

/// Reads FILE, then conf.d/*.toml beside it, the OPML files they name and the environment
/// (FEEDWIRE_<SECTION>_<KEY>). All mistakes at once; the Config only if there is none.
struct LoadResult {
  std::optional<Config> config;
  std::vector<Mistake> mistakes;
  std::map<std::string, Origin> origins;  // by key, "fetch.timeout"; what is absent has its default
};
LoadResult load(const std::filesystem::path& file, const std::map<std::string, std::string>& env);

/// The path to use: `given`, else $FEEDWIRE_CONFIG, else /etc/feedwire/feedwired.toml.
std::filesystem::path config_path(const std::string& given);

}  // namespace feedwire::config
