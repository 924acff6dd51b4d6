#include "feeds/json_feed.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json_writer.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kOtherBytes = 1024;  // of an item beside its long texts

// An object whose members are left out where nothing is known. Unless it is opened at once, its
// first member opens it, so that an object without members is never printed.
class Object {
 public:
  /// A member `name` of the object around it.
  Object(JsonWriter& json, std::string_view name) : json_(json), name_(name) {}
  /// An element of an array, or the whole document.
  explicit Object(JsonWriter& json) : json_(json) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() {
    if (open_) json_.end_object();
  }

  void open() {
    if (open_) return;
    if (!name_.empty()) json_.key(name_);
    json_.begin_object();
    open_ = true;
  }
  JsonWriter& key(std::string_view name) {
    open();
    return json_.key(name);
  }

  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) key(name).string(value);
  }
  template <typename Number>
  void number(std::string_view name, const std::optional<Number>& value) {
    // Beyond it a reader that keeps numbers as doubles has another one (RFC 8259 section 6).
    constexpr std::uint64_t kMax = (std::uint64_t{1} << 53) - 1;
    if (value) key(name).number(static_cast<std::int64_t>(std::min<std::uint64_t>(*value, kMax)));
  }
  void flag(std::string_view name, std::optional<bool> value) {
    if (value) key(name).boolean(*value);
  }
  void date(std::string_view name, const std::optional<std::chrono::sys_seconds>& value) {
    if (value) key(name).string(format_time(*value));
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    list(name, values, [this](const std::string& value) { json_.string(value); });
  }
  /// An array with what `write(value)` prints of each value.
  template <typename Value, typename Write>
  void list(std::string_view name, const std::vector<Value>& values, Write write) {
    if (values.empty()) return;
    key(name).begin_array();
    for (const Value& value : values) write(value);
    json_.end_array();
  }
  /// An array of objects; `fill(object, value)` gives each its members.
  template <typename Value, typename Fill>
  void objects(std::string_view name, const std::vector<Value>& values, Fill fill) {
    list(name, values, [this, &fill](const Value& value) {
      Object object(json_);
      fill(object, value);
    });
  }

  JsonWriter& writer() { return json_; }

 private:
  JsonWriter& json_;
  std::string_view name_;
  bool open_ = false;
};

// JSON Feed 1.1 has no place for addresses: they stand in authors_email. An author of whom nothing
// else is known is named by the address, since an author object must not be empty.
void fill_author(Object& object, const Person& person) {
  const bool only_email = person.name.empty() && person.url.empty() && person.avatar.empty();
  object.text("name", only_email ? person.email : person.name);
  object.text("url", person.url);
  object.text("avatar", person.avatar);
}

void fill_person(Object& object, const Person& person) {
  object.text("name", person.name);
  object.text("url", person.url);
  object.text("email", person.email);
}

bool is_unknown(const Person& person) {
  return person.name.empty() && person.url.empty() && person.email.empty() && person.avatar.empty();
}

std::vector<Person> known_people(const std::vector<Person>& people) {
  std::vector<Person> known;
  std::remove_copy_if(people.begin(), people.end(), std::back_inserter(known), is_unknown);
  return known;
}

void write_authors(Object& object, const std::vector<Person>& authors) {
  object.objects("authors", known_people(authors), fill_author);
}

// Parallel to authors, hence "" where one of several has no address.
void write_author_emails(Object& object, const std::vector<Person>& authors) {
  const auto has_email = [](const Person& person) { return !person.email.empty(); };
  if (std::none_of(authors.begin(), authors.end(), has_email)) return;
  object.list("authors_email", known_people(authors),
              [&object](const Person& person) { object.writer().string(person.email); });
}

void write_geo(Object& around, const std::optional<Geo>& geo) {
  if (!geo || geo->coordinates.size() < 2) return;
  Object object(around.writer(), "geo");
  object.text("type", geo->type);
  JsonWriter& json = object.key("coordinates");
  // GeoJSON (RFC 7946 3.1): a point is one position, a polygon a list of rings, the rest a list of
  // positions.
  const bool is_point = geo->type == "Point";
  const bool is_polygon = geo->type == "Polygon";
  if (!is_point) json.begin_array();
  if (is_polygon) json.begin_array();
  for (std::size_t i = 0; i + 1 < geo->coordinates.size(); i += 2) {
    json.begin_array().real(geo->coordinates[i]).real(geo->coordinates[i + 1]).end_array();
    if (is_point) break;
  }
  if (is_polygon) json.end_array();
  if (!is_point) json.end_array();
}

void write_item_podcast(Object& around, const ParsedEntry& entry) {
  Object podcast(around.writer(), "podcast");
  podcast.objects("transcripts", entry.transcripts, [](Object& object, const Transcript& value) {
    object.text("url", value.url);
    object.text("type", value.type);
    object.text("language", value.language);
    object.text("rel", value.rel);
  });
  podcast.text("chapters_url", entry.podcast_chapters_url);
  podcast.objects("persons", entry.podcast_persons, [](Object& object, const PodcastPerson& value) {
    object.text("name", value.name);
    object.text("role", value.role);
    object.text("group", value.group);
    object.text("image", value.image);
    object.text("url", value.url);
  });
}

void write_item_itunes(Object& around, const ParsedEntry& entry) {
  Object itunes(around.writer(), "itunes");
  itunes.flag("explicit", entry.itunes_explicit);
  itunes.flag("block", entry.itunes_block);
  itunes.number("duration_seconds", entry.itunes_duration_seconds);
  itunes.number("episode", entry.itunes_episode);
  itunes.number("season", entry.itunes_season);
  itunes.text("episode_type", entry.itunes_episode_type);
}

void write_item_media(Object& ours, const ParsedEntry& entry) {
  ours.objects("chapters", entry.chapters, [](Object& object, const Chapter& value) {
    object.text("start", value.start);
    object.text("title", value.title);
    object.text("url", value.url);
  });
  ours.text("media_player_url", entry.media_player_url);
  ours.objects("media_thumbnails", entry.media_thumbnails,
               [](Object& object, const Thumbnail& value) {
                 object.text("url", value.url);
                 object.number("width", value.width);
                 object.number("height", value.height);
               });
}

void write_item_feedwire(Object& item, const ParsedEntry& entry) {
  Object ours(item.writer(), "_feedwire");
  ours.open();
  ours.text("guid", entry.guid);
  ours.flag("guid_is_permalink", entry.guid_is_permalink);
  ours.text("comments_url", entry.comments_url);
  ours.text("comments_feed_url", entry.comments_feed_url);
  ours.number("comments_count", entry.comments_count);
  ours.text("rights", entry.rights);
  ours.text("license", entry.license);
  {
    Object source(ours.writer(), "source");
    source.text("title", entry.source_title);
    source.text("url", entry.source_url);
  }
  ours.objects("contributors", entry.contributors, fill_person);
  {
    Object publisher(ours.writer(), "publisher");
    fill_person(publisher, entry.publisher);
  }
  write_author_emails(ours, entry.authors);
  ours.date("created", entry.created);
  ours.date("expires", entry.expires);
  ours.text("content_src", entry.content_src);
  ours.text("orig_link", entry.orig_link);
  {
    Object reply(ours.writer(), "in_reply_to");
    reply.text("ref", entry.in_reply_to_ref);
    reply.text("href", entry.in_reply_to_href);
  }
  write_geo(ours, entry.geo);
  write_item_itunes(ours, entry);
  write_item_podcast(ours, entry);
  write_item_media(ours, entry);
}

// With room for what is escaped, so that the output need not grow on its way.
std::size_t expected_size(const ParsedEntry& entry) {
  const std::size_t texts =
      entry.content_html.size() + entry.content_text.size() + entry.summary.size();
  return texts + texts / 8 + kOtherBytes;
}

void write_item(JsonWriter& json, const ParsedEntry& entry) {
  Object item(json);
  item.open();
  item.text("id", item_id(entry));
  item.text("url", entry.url);
  item.text("external_url", entry.external_url);
  item.text("title", entry.title);
  item.text("content_html", entry.content_html);
  item.text("content_text", entry.content_text);
  item.text("summary", entry.summary);
  item.text("image", entry.image);
  item.text("banner_image", entry.banner_image);
  item.date("date_published", entry.published);
  item.date("date_modified", entry.modified);
  write_authors(item, entry.authors);
  item.texts("tags", entry.tags);
  item.text("language", entry.language);
  item.objects("attachments", entry.attachments, [](Object& object, const Attachment& value) {
    object.text("url", value.url);
    object.text("mime_type", value.mime_type);
    object.text("title", value.title);
    object.number("size_in_bytes", value.size_in_bytes);
    object.number("duration_in_seconds", value.duration_in_seconds);
  });
  write_item_feedwire(item, entry);
}

void write_feed_head(Object& object, const ParsedFeed& feed) {
  object.text("version", "https://jsonfeed.org/version/1.1");
  object.text("title", feed.title);
  object.text("home_page_url", feed.home_page_url);
  object.text("feed_url", feed.feed_url);
  object.text("description", feed.description);
  object.text("icon", feed.icon);
  object.text("favicon", feed.favicon);
  write_authors(object, feed.authors);
  object.text("language", feed.language);
  object.text("next_url", feed.next_url);
  object.objects("hubs", feed.hubs, [](Object& hub, const Link& value) {
    hub.text("type", value.type);
    hub.text("url", value.url);
  });
}

void write_schedule(Object& ours, const ParsedFeed& feed) {
  ours.number("ttl_minutes", feed.ttl_minutes);
  ours.list("skip_hours", feed.skip_hours,
            [&ours](std::uint32_t hour) { ours.writer().number(hour); });
  ours.texts("skip_days", feed.skip_days);
  ours.text("update_period", feed.update_period);
  ours.number("update_frequency", feed.update_frequency);
  ours.date("update_base", feed.update_base);
  if (feed.complete) ours.flag("complete", true);
  ours.text("prev_archive", feed.prev_archive);
  ours.text("next_archive", feed.next_archive);
}

void write_feed_people(Object& ours, const ParsedFeed& feed) {
  ours.objects("contributors", feed.contributors, fill_person);
  {
    Object publisher(ours.writer(), "publisher");
    fill_person(publisher, feed.publisher);
  }
  write_author_emails(ours, feed.authors);
}

void write_feed_podcast(Object& ours, const ParsedFeed& feed) {
  {
    Object itunes(ours.writer(), "itunes");
    itunes.flag("explicit", feed.itunes_explicit);
    itunes.flag("block", feed.itunes_block);
    itunes.text("type", feed.itunes_type);
    if (!is_unknown(feed.itunes_owner)) {
      itunes.open();
      Object owner(itunes.writer(), "owner");
      fill_person(owner, feed.itunes_owner);
    }
  }
  Object podcast(ours.writer(), "podcast");
  podcast.text("guid", feed.podcast_guid);
  podcast.flag("locked", feed.podcast_locked);
}

void write_feed_feedwire(Object& around, const ParsedFeed& feed) {
  Object ours(around.writer(), "_feedwire");
  ours.open();
  ours.text("format", feed.format);
  ours.text("encoding", feed.encoding);
  ours.objects("problems", feed.problems, [](Object& object, const Problem& value) {
    object.text("code", value.code);
    object.text("message", value.message);
    if (value.line != 0) object.number("line", std::optional(value.line));
  });
  ours.text("id", feed.id);
  ours.text("rights", feed.rights);
  {
    Object generator(ours.writer(), "generator");
    generator.text("name", feed.generator_name);
    generator.text("url", feed.generator_url);
    generator.text("version", feed.generator_version);
  }
  ours.texts("categories", feed.categories);
  ours.date("published", feed.published);
  ours.date("updated", feed.updated);
  ours.date("created", feed.created);
  ours.text("docs", feed.docs);
  ours.text("logo", feed.logo);
  {
    Object image(ours.writer(), "image");
    image.text("url", feed.image_url);
    image.text("title", feed.image_title);
    image.text("link", feed.image_link);
  }
  write_feed_people(ours, feed);
  write_schedule(ours, feed);
  write_feed_podcast(ours, feed);
  ours.objects("deleted", feed.deleted, [](Object& object, const Tombstone& value) {
    object.text("ref", value.ref);
    object.date("when", value.when);
  });
}

}  // namespace

void append_item_json(std::string& out, const ParsedEntry& entry) {
  out.reserve(out.size() + expected_size(entry));
  JsonWriter json(out);
  write_item(json, entry);
}

void append_feed_json(std::string& out, const ParsedFeed& feed) {
  JsonWriter json(out);
  Object object(json);
  write_feed_head(object, feed);
  write_feed_feedwire(object, feed);
}

std::string feed_json(const ParsedFeed& feed) {
  std::size_t expected = kOtherBytes;
  for (const ParsedEntry& entry : feed.entries) expected += expected_size(entry);
  std::string out;
  out.reserve(expected);
  JsonWriter json(out);
  {
    Object object(json);
    write_feed_head(object, feed);
    object.key("items").begin_array();
    for (const ParsedEntry& entry : feed.entries) write_item(json, entry);
    json.end_array();
    write_feed_feedwire(object, feed);
  }
  return out;
}

std::string item_id(const ParsedEntry& entry) {
  if (!entry.id_url.empty()) return entry.id_url;
  if (!entry.guid.empty()) return entry.guid;
  if (!entry.url.empty()) return entry.url;
  Sha256 hash;
  hash.update(entry.title);
  hash.update(
      std::string_view("\0", 1));  // a title cannot hold it, so "ab" + "c" is not "a" + "bc"
  hash.update(entry.content_html.empty() ? entry.content_text : entry.content_html);
  std::string id = "sha256:";
  return id += hash.hex();
}

}  // namespace feedwire::feeds
