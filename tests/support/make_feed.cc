#include "tests/support/make_feed.h"

#include <algorithm>

#include "base/json_writer.h"
#include "feeds/date.h"

namespace feedwire::tests {
namespace {

using feeds::KeyKind;

std::string without_scheme(const std::string& url) {
  const std::size_t at = url.find("://");
  return at == url.npos ? url : url.substr(at + 3);
}

std::string item_json(const Item& item) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("id", item.guid.empty() ? item.link : item.guid);
  json.field_if("url", item.link).field_if("title", item.title);
  json.field_if("content_html", item.content).field_if("date_published", item.date);
  if (!item.tags.empty()) {
    json.key("tags").begin_array();
    for (const std::string& tag : item.tags) json.string(tag);
    json.end_array();
  }
  json.key("_feedwire").begin_object().field_if("guid", item.guid).end_object().end_object();
  return out;
}

feeds::Keys make_keys(feeds::FeedKey feed, const Item& item) {
  feeds::Keys keys;
  const auto set = [&](KeyKind kind, const std::string& value) {
    if (!value.empty()) keys[kind] = feeds::key_hash(kind, feed, value);
  };
  set(KeyKind::guid, item.guid);
  if (item.guid.starts_with("http")) set(KeyKind::guid_alias, without_scheme(item.guid));
  set(KeyKind::link, item.link);
  set(KeyKind::url, item.link.empty() ? "" : without_scheme(item.link));
  if (!item.date.empty() && !item.title.empty())
    set(KeyKind::title_date, item.title + "\n" + item.date);
  set(KeyKind::title_content, item.title + "\n" + item.content);
  if (!item.guid.empty() && !item.link.empty())
    set(KeyKind::guid_link, item.guid + "\n" + item.link);
  if (!item.guid.empty() && keys[KeyKind::title_date])
    set(KeyKind::guid_title_date, item.guid + "\n" + item.title + "\n" + item.date);
  return keys;
}

feeds::Entry make_entry(feeds::FeedKey feed, const Item& item, const std::vector<Item>& items) {
  feeds::Entry entry;
  entry.json = item_json(item);
  entry.raw_hash = xxh3_64(entry.json);
  std::vector<std::string> tags = item.tags;
  std::sort(tags.begin(), tags.end());
  std::string revised = item.title + "\n" + item.content + "\n" + item.link;
  for (const std::string& tag : tags) revised += "\n" + tag;
  entry.revision = xxh3_128(revised);
  entry.keys = make_keys(feed, item);
  entry.guid = item.guid;
  entry.canonical_url = item.link;
  entry.title = item.title;
  if (const auto date = feeds::parse_date(item.date)) entry.published = date->time;
  entry.own_domain = item.own_domain;
  const auto same_link = [&](const Item& other) { return other.link == item.link; };
  entry.link_unique =
      !item.link.empty() && std::count_if(items.begin(), items.end(), same_link) == 1;
  entry.link_trusted = entry.link_unique;
  entry.guid_repeated =
      !item.guid.empty() && std::any_of(items.begin(), items.end(), [&](const Item& other) {
        return other.guid == item.guid && (other.link != item.link || other.title != item.title);
      });
  return entry;
}

}  // namespace

feeds::Feed make_feed(feeds::FeedKey feed, const std::vector<Item>& items) {
  feeds::FeedInfo info;
  info.format = "rss-2.0";
  info.json = R"({"version":"https://jsonfeed.org/version/1.1","_feedwire":{}})";
  std::vector<feeds::Entry> entries;
  for (const Item& item : items) {
    entries.push_back(make_entry(feed, item, items));
    const auto date = feeds::parse_date(item.date);
    info.has_zoneless_dates |= date && !date->zone_given;
  }
  return feeds::Feed::check(feeds::flatten(info, entries)).value();
}

std::vector<Item> make_items(int count, int first) {
  std::vector<Item> items;
  for (int i = first; i < first + count; ++i) {
    Item item;
    const std::string number = std::to_string(i);
    item.guid = "guid-" + number;
    item.link = "http://example.org/" + number;
    item.title = "Title of number" + number;
    items.push_back(item);
  }
  return items;
}

}  // namespace feedwire::tests
