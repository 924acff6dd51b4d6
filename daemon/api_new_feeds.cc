#include "daemon/api_new_feeds.h"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "config/duration.h"
#include "config/feed_url.h"
#include "daemon/api_body.h"
#include "feeds/keys.h"
#include "storage/schema.h"

namespace feedwire::daemon {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxLabelBytes = 1024;  // of a title or a tag

std::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

Result<std::string> read_label(const Value& value) {
  if (!value.IsString()) return expected("a string");
  const std::string_view text = text_of(value);
  if (text.size() > kMaxLabelBytes || !is_safe_text(text))
    return expected(fmt::format("at most {} bytes without control characters", kMaxLabelBytes));
  return std::string(text);
}

Result<void> read_member(std::string_view name, const Value& value, storage::FeedRef& feed) {
  if (name == "url") {
    if (!value.IsString()) return expected("a string");
    Result<std::string> url = config::check_feed_url(text_of(value));
    if (!url) return std::move(url).error();
    feed.url = std::move(*url);
    feed.key = feeds::feed_key(feed.url);
  } else if (name == "name") {
    if (!value.IsString() || !storage::is_cursor_name(text_of(value)))
      return expected("1 to 64 of a-z, 0-9, '.', '_', '-', a letter or digit first");
    feed.name = text_of(value);
  } else if (name == "title") {
    Result<std::string> title = read_label(value);
    if (!title) return std::move(title).error();
    feed.title = std::move(*title);
  } else if (name == "tags") {
    if (!value.IsArray()) return expected("an array of strings");
    for (const Value& tag : value.GetArray()) {
      Result<std::string> label = read_label(tag);
      if (!label) return std::move(label).error();
      feed.tags.push_back(std::move(*label));
    }
  } else if (name == "interval") {
    const Result<std::chrono::seconds> interval =
        config::parse_duration(value.IsString() ? text_of(value) : std::string_view());
    if (!interval || interval->count() == 0)
      return expected("a duration of 1s or more, such as \"30m\"");
    feed.interval = *interval;
  } else if (name == "paged") {
    if (!value.IsBool()) return expected("true or false");
    feed.paged = value.GetBool();
  } else {
    return expected("url, name, title, tags, interval or paged");
  }
  return {};
}

Result<storage::FeedRef> read_feed(const Value& value) {
  if (!value.IsObject()) return expected("an object");
  storage::FeedRef feed;
  std::set<std::string_view> seen;
  for (const auto& member : value.GetObject()) {
    const std::string_view name = text_of(member.name);
    if (!seen.insert(name).second) return expected(fmt::format("\"{}\" only once", name));
    if (Result<void> read = read_member(name, member.value, feed); !read)
      return std::move(read).error().in(name);
  }
  if (feed.url.empty()) return expected("a \"url\"");
  return feed;
}

}  // namespace

Result<std::vector<storage::FeedRef>> parse_new_feeds(const std::string& body) {
  Result<rapidjson::Document> parsed = parse_body(body);
  if (!parsed) return std::move(parsed).error();
  const rapidjson::Document& json = *parsed;
  const bool has_feeds = json.IsObject() && json.MemberCount() == 1 && json.HasMember("feeds") &&
                         json["feeds"].IsArray();
  if (!has_feeds) return expected("an object with \"feeds\", an array");
  std::vector<storage::FeedRef> list;
  for (const Value& value : json["feeds"].GetArray()) {
    Result<storage::FeedRef> feed = read_feed(value);
    if (!feed) return std::move(feed).error().in(fmt::format("feeds[{}]", list.size()));
    list.push_back(std::move(*feed));
  }
  return list;
}

}  // namespace feedwire::daemon
