// The one table of all keys: reading, checking, suggestions, `feedwire config show|default` and the
// test of config/README.md are made from it (OP-16). Defaults are those of Config and FeedConfig.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace feedwire::config {

/// What a value is, beyond its type in TOML.
enum class Kind {
  text,       // a string without control characters
  choice,     // one of KeySpec::choices
  path,       // relative to the file that names it
  name,       // a slug: [a-z0-9][a-z0-9._-]{0,63}
  feed_url,   // http or https
  proxy_url,  // http, https, socks4 or socks5, with or without userinfo
  address,    // "127.0.0.1:8080", "[::1]:8080" or "" for none
  base_url,   // https, or http on loopback, without query and userinfo; "" for none
  duration,   // "90s", "15m", "6h", "7d"
  size,       // "64MiB"
  count,      // a whole number
  number,     // a number
  flag,       // true or false
  paths,
  texts,
  networks,  // CIDR
  zone,      // of time: "+08:00", "Asia/Shanghai" or "" for none
  hosts,     // a table of host names: { "m.example.org" = "www.example.org" }
  headers,   // a table of HTTP header fields
};

/// Where the value of a key lies.
using Slot = std::variant<std::string*, std::filesystem::path*, std::vector<std::filesystem::path>*,
                          std::uint32_t*, std::uint64_t*, double*, bool*, std::chrono::seconds*,
                          std::optional<std::chrono::seconds>*, std::vector<std::string>*,
                          std::map<std::string, std::string>*>;

/// Smallest and largest value, in seconds, bytes or as it stands.
struct Range {
  double least = 0, most = std::numeric_limits<double>::max();
};

struct KeySpec {
  std::string_view section;  // "" = top level, "feed" = [[feed]]
  std::string_view name;
  Kind kind;
  std::string_view doc;  // one line
  Range range{};
  std::span<const std::string_view> choices{};

  std::string path() const;  // "fetch.timeout"
};

struct Setting {
  KeySpec spec;
  Slot (*slot)(Config&);
};
struct FeedSetting {
  KeySpec spec;
  Slot (*slot)(FeedConfig&);
};

/// In the order of the documentation, the keys of a section together.
std::span<const Setting> settings();
std::span<const FeedSetting> feed_settings();

/// "", "log", "fetch", …: the sections of settings(), in their order.
std::vector<std::string_view> section_names();

/// 'a duration such as "60s"': what belongs to a key, for messages and the reference.
std::string describe(const KeySpec& spec);

/// A limit of `spec` as its values are written: "1h", "16MiB", "256".
std::string shown_limit(const KeySpec& spec, double limit);

/// A value as TOML; of headers and of a proxy's userinfo, which may be secret, only "***".
std::string shown_value(const KeySpec& spec, const Slot& slot);

/// `text` as a TOML basic string.
std::string toml_string(std::string_view text);

}  // namespace feedwire::config
