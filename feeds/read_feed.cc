#include "feeds/read_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "feeds/ascii.h"
#include "feeds/entry_keys.h"
#include "feeds/json_feed.h"
#include "feeds/own_url.h"

namespace feedwire::feeds {
namespace {

// RSS 2.0 counts the hours 0 to 23, RSS 0.91 1 to 24.
std::uint32_t hour_bits(const std::vector<std::uint32_t>& hours) {
  std::uint32_t bits = 0;
  for (const std::uint32_t hour : hours)
    if (hour <= 24) bits |= 1u << (hour % 24);
  return bits;
}

std::uint32_t day_bits(const std::vector<std::string>& days) {
  constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                     "Thursday", "Friday", "Saturday"};
  std::uint32_t bits = 0;
  for (std::size_t day = 0; day < kDays.size(); ++day)
    for (const std::string& name : days)
      if (iequals_ascii(name, kDays[day])) bits |= 1u << day;
  return bits;
}

// RSS 1.0 Syndication module: the period divided by how often it is updated in one.
std::optional<std::uint32_t> update_interval(const ParsedFeed& feed) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> kPeriods = {
      {{"hourly", 60},
       {"daily", 24 * 60},
       {"weekly", 7 * 24 * 60},
       {"monthly", 30 * 24 * 60},
       {"yearly", 365 * 24 * 60}}};
  for (const auto& [name, minutes] : kPeriods)
    if (iequals_ascii(feed.update_period, name))
      return std::max(1u, minutes / std::max(1u, feed.update_frequency.value_or(1)));
  return std::nullopt;
}

FeedInfo make_info(const ParsedFeed& feed, FeedKey key) {
  FeedInfo info;
  info.format = feed.format;
  info.title = feed.title;
  info.home_page_url = feed.home_page_url;
  info.feed_url = feed.feed_url;
  info.language = feed.language;
  append_feed_json(info.json, feed);
  info.next_url = feed.next_url;
  info.prev_archive = feed.prev_archive;
  info.ttl_minutes = feed.ttl_minutes;
  info.update_interval_minutes = update_interval(feed);
  info.skip_hours = hour_bits(feed.skip_hours);
  info.skip_days = day_bits(feed.skip_days);
  info.complete = feed.complete;
  info.has_zoneless_dates = feed.has_zoneless_dates;
  info.problem_count = static_cast<std::uint32_t>(feed.problems.size());
  for (const Tombstone& tombstone : feed.deleted)
    info.deleted.push_back(key_hash(KeyKind::guid, key, tombstone.ref));
  return info;
}

// The costly half, of what the daemon has not seen yet.
void render(Entry& entry, ParsedEntry& parsed, const ParsedFeed& feed, const UrlRules& rules) {
  finish_entry(parsed, feed);
  entry.revision = content_revision(parsed, rules);
  append_item_json(entry.json, parsed);
}

}  // namespace

Result<FeedParts> read_parts(std::string_view bytes, const ReadRequest& request) {
  Result<ParsedFeed> parsed = parse_document(bytes, request.source);
  if (!parsed) return std::move(parsed).error();
  ParsedFeed& feed = *parsed;
  drop_duplicates(feed);

  FeedParts parts;
  std::vector<Entry>& entries = parts.entries;
  entries = identify_entries(feed, request.feed, request.subscribed_url, request.rules);
  std::vector<std::uint64_t> known = request.known_raw;
  std::sort(known.begin(), known.end());
  const OwnUrl own(request.source.url, request.rules);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].unchanged = std::binary_search(known.begin(), known.end(), entries[i].raw_hash);
    if (!entries[i].unchanged) render(entries[i], feed.entries[i], feed, request.rules);
    own.hide_in(entries[i]);
  }

  parts.info = make_info(feed, request.feed);
  parts.flat_size = flat_size(parts.info, entries);
  if (parts.flat_size > Feed::kMaxBytes)
    return Error{ErrorCode::too_large, fmt::format("{} bytes as a parsed feed; at most {}",
                                                   parts.flat_size, Feed::kMaxBytes)};
  return parts;
}

Result<std::string> read_feed(std::string_view bytes, const ReadRequest& request) {
  const Result<FeedParts> parts = read_parts(bytes, request);
  if (!parts) return parts.error();
  return flatten(parts->info, parts->entries);
}

}  // namespace feedwire::feeds
