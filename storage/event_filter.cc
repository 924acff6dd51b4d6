#include "storage/event_filter.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "feeds/keys.h"
#include "storage/json_members.h"

namespace feedwire::storage {
namespace {

constexpr std::string_view kPrefix = "feedwire.";

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

// Whether `c` is in the set that begins behind the '[' at `at`; moves `at` behind the ']'. A '['
// that is never closed stands for itself.
bool in_set(std::string_view glob, std::size_t& at, char c) {
  const std::size_t close = glob.find(']', at + 2);
  if (close == glob.npos) return glob[at++] == c;
  std::string_view set = glob.substr(at + 1, close - at - 1);
  at = close + 1;
  const bool negated = set[0] == '!';
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (c >= set[i] && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || c == set[i];
    }
  }
  return found != negated;
}

bool matches_one(std::string_view glob, std::size_t& at, char c) {
  if (glob[at] == '[') return in_set(glob, at, c);
  const char wanted = glob[at++];
  return wanted == '?' || wanted == c;
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0, t = 0;
  // Where to go on if what follows the last '*' does not match: that '*' then takes one more.
  std::size_t retry_glob = glob.npos, retry_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      retry_glob = ++g;
      retry_text = t;
    } else if (g < glob.size() && matches_one(glob, g, text[t])) {
      ++t;
    } else if (retry_glob != glob.npos) {
      g = retry_glob;
      t = ++retry_text;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

// The key order is fixed (storage/event_log.md), so the first "type" is the event's own.
std::string_view event_type(std::string_view line) {
  static constexpr std::string_view kKey = R"("type":")";
  const std::size_t key = line.find(kKey);
  if (key == line.npos) return {};
  const std::string_view value = line.substr(key + kKey.size());
  return without_prefix(value.substr(0, value.find('"')), kPrefix);
}

bool EventFilter::passes_type(std::string_view line) const {
  const std::string_view type = event_type(line);
  return types.empty() || std::any_of(types.begin(), types.end(), [&](const std::string& glob) {
           return glob_matches(without_prefix(glob, kPrefix), type);
         });
}

bool EventFilter::passes(std::string_view line) const {
  if (!passes_type(line)) return false;
  if (feed.empty()) return true;
  // Quotes in a text are escaped, so this is the member; the first one, that of `data`.
  static constexpr std::string_view kFeed = R"("feed":{"feed_id":)";
  const std::size_t found = line.find(kFeed);
  if (found == line.npos) return false;  // an event of the log itself
  const std::string_view object = line.substr(line.find('{', found));
  const auto is = [&](std::string_view name, std::string_view wanted, std::string_view prefix) {
    const std::optional<std::string_view> value = find_member(object, name);
    return value && without_prefix(string_value(*value), prefix) == wanted;
  };
  if (is("feed_id", without_prefix(feed, "f-"), "f-") || is("name", feed, "") ||
      is("url", feed, ""))
    return true;
  // Where it has a credential, events have another URL than who asks.
  return feed.find("://") != feed.npos && is("feed_id", hex64(feeds::feed_key(feed)), "f-");
}

}  // namespace feedwire::storage
