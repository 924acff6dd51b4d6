#include "feeds/keys.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "feeds/entry_keys.h"

namespace feedwire::feeds {
namespace {

constexpr FeedKey kFeed = 7;
constexpr std::string_view kUrl = "https://example.org/feed";

ParsedEntry entry(std::string guid, std::string url, std::string title) {
  ParsedEntry parsed;
  parsed.guid = std::move(guid);
  parsed.url = std::move(url);
  parsed.title = std::move(title);
  return parsed;
}

ParsedEntry with_text(std::string title, std::string html) {
  ParsedEntry parsed = entry("", "", std::move(title));
  parsed.content = RichText{RichText::Kind::html, std::move(html), ""};
  return parsed;
}

std::chrono::sys_seconds day(int number) {
  return std::chrono::sys_seconds{std::chrono::hours{24 * number}};
}

std::vector<Entry> identify(std::vector<ParsedEntry> entries, std::string home_page = {}) {
  ParsedFeed feed;
  feed.home_page_url = std::move(home_page);
  feed.entries = std::move(entries);
  return identify_entries(feed, kFeed, kUrl);
}

Hash128 key(const ParsedEntry& parsed, KeyKind kind) { return identify({parsed})[0].keys[kind]; }

Hash128 guid_key(std::string guid, KeyKind kind) {
  return key(entry(std::move(guid), "", ""), kind);
}

std::size_t count_after_dropping(std::vector<ParsedEntry> entries) {
  ParsedFeed feed;
  feed.entries = std::move(entries);
  drop_duplicates(feed);
  return feed.entries.size();
}

ParsedEntry finished() {
  ParsedEntry parsed = entry("g", "https://example.org/a", "Title");
  parsed.content_html = "<p>Some <b>text</b>.</p><p>More.</p>";
  parsed.published = day(1);
  parsed.tags = {"x", "y"};
  parsed.language = "en";
  parsed.authors = {{"Ann", "", "", ""}};
  parsed.attachments = {{"https://example.org/a.mp3", "audio/mpeg", "", 5, {}}};
  return parsed;
}

template <typename Change>
bool changes_revision(Change change) {
  ParsedEntry changed = finished();
  change(changed);
  return content_revision(changed) != content_revision(finished());
}

}  // namespace

TEST_CASE("the feed key is the first 64 bits of SHA-256 of the URL", "[keys]") {
  // printf abc | sha256sum
  CHECK(feed_key("abc") == 0xba7816bf8f01cfeaULL);
}

TEST_CASE("equal values of another kind or feed have another key, but U belongs to no feed",
          "[keys]") {
  CHECK(key_hash(KeyKind::guid, 1, "a") == key_hash(KeyKind::guid, 1, "a"));
  CHECK(key_hash(KeyKind::guid, 1, "a") != key_hash(KeyKind::link, 1, "a"));
  CHECK(key_hash(KeyKind::guid, 1, "a") != key_hash(KeyKind::guid, 2, "a"));
  CHECK(key_hash(KeyKind::url, 1, "a") == key_hash(KeyKind::url, 2, "a"));
}

TEST_CASE("keys do not change between versions without a new scheme", "[keys]") {
  // SHA-256 over length-prefixed (scheme, kind, feed) and value, as keys.h says.
  CHECK(key_hash(KeyKind::guid, 1, "a").hex() == "7c4591fc03b448a0ecd4002d2d27c201");
  CHECK(key_hash(KeyKind::url, 1, "example.org/a").hex() == "a52c8264f6efe86aabc5073332aec471");
}

TEST_CASE("Ga a guid that is a URL loses what changes without meaning", "[keys]") {
  const Hash128 plain = guid_key("https://example.org/news/1234", KeyKind::guid_alias);
  CHECK(plain);
  CHECK(guid_key("http://www.example.org/news/1234", KeyKind::guid_alias) == plain);
  CHECK(guid_key("https://example.org:443/news/1234#3", KeyKind::guid_alias) == plain);
  CHECK(guid_key("https://example.org/news/1234?utm_source=x", KeyKind::guid_alias) == plain);
  CHECK(guid_key("https://example.org/news/1234#top", KeyKind::guid_alias) != plain);
  CHECK(guid_key("https://mail.example.org/news/1234", KeyKind::guid_alias) != plain);
}

TEST_CASE("Ga no alias for what is no URL or a whole site", "[keys]") {
  CHECK_FALSE(guid_key("tag:example.org,2020:1", KeyKind::guid_alias));
  CHECK_FALSE(guid_key("1234", KeyKind::guid_alias));
  CHECK_FALSE(guid_key("https://example.org/", KeyKind::guid_alias));
  CHECK_FALSE(guid_key("", KeyKind::guid_alias));
  CHECK(guid_key("https://example.org/?p=12", KeyKind::guid_alias));
}

TEST_CASE("Gp the path alone counts only where it is long enough to mean something", "[keys]") {
  const Hash128 path = guid_key("https://www.example.org/news/story", KeyKind::guid_path);
  CHECK(path);
  CHECK(guid_key("http://mail.example.org/news/story", KeyKind::guid_path) == path);
  CHECK(guid_key("https://example.org/story-12", KeyKind::guid_path));
  CHECK_FALSE(guid_key("https://example.org/story-of-all", KeyKind::guid_path));
  CHECK_FALSE(guid_key("https://example.org/a/1", KeyKind::guid_path));
}

TEST_CASE("TD needs a title and a declared date", "[keys]") {
  ParsedEntry dated = entry("", "", "A Title");
  CHECK_FALSE(key(dated, KeyKind::title_date));
  dated.published = day(3);
  CHECK(key(dated, KeyKind::title_date));
  ParsedEntry shouted = entry("", "", " a  TITLE ");
  shouted.published = day(3);
  CHECK(key(shouted, KeyKind::title_date) == key(dated, KeyKind::title_date));
  shouted.published = day(4);
  CHECK(key(shouted, KeyKind::title_date) != key(dated, KeyKind::title_date));
  dated.title.clear();
  CHECK_FALSE(key(dated, KeyKind::title_date));
}

TEST_CASE("TC is the title and the first 512 characters a reader sees", "[keys]") {
  const Hash128 plain = key(with_text("t", "<p>text</p>"), KeyKind::title_content);
  CHECK(plain);
  CHECK(key(with_text("t", "<div class='x'>text</div>"), KeyKind::title_content) == plain);
  CHECK(key(with_text("t", "other"), KeyKind::title_content) != plain);
  CHECK(key(with_text("u", "text"), KeyKind::title_content) != plain);

  const std::string long_text(512, 'x');
  CHECK(key(with_text("t", long_text + "1"), KeyKind::title_content) ==
        key(with_text("t", long_text + "2"), KeyKind::title_content));
}

TEST_CASE("I-3 a link that two entries share is no key", "[keys]") {
  const std::vector<Entry> entries = identify(
      {entry("a", "https://example.org/same", "A"), entry("b", "https://example.org/same", "B"),
       entry("c", "https://example.org/other", "C"), entry("d", "", "D")});
  CHECK_FALSE(entries[0].link_unique);
  CHECK_FALSE(entries[1].link_unique);
  CHECK_FALSE(entries[0].keys[KeyKind::link]);
  CHECK_FALSE(entries[0].keys[KeyKind::loose_link]);
  CHECK_FALSE(entries[0].keys[KeyKind::url]);
  CHECK(entries[2].link_unique);
  CHECK(entries[2].keys[KeyKind::link]);
  CHECK(entries[2].keys[KeyKind::url]);
  CHECK_FALSE(entries[3].link_unique);
  CHECK_FALSE(entries[3].keys[KeyKind::link]);
}

TEST_CASE("I-3 an entry without any key is known by all that is said of it", "[keys]") {
  ParsedEntry nothing;
  nothing.raw_hash = 1;
  ParsedEntry other;
  other.raw_hash = 2;
  CHECK(key(nothing, KeyKind::title_content));
  CHECK(key(nothing, KeyKind::title_content) != key(other, KeyKind::title_content));
}

TEST_CASE("I-4 a guid with another link or title in one document is repeated", "[keys]") {
  const std::vector<Entry> entries = identify({entry("same", "https://example.org/1", "A"),
                                               entry("same", "https://example.org/2", "B"),
                                               entry("own", "https://example.org/3", "C")});
  CHECK(entries[0].guid_repeated);
  CHECK(entries[1].guid_repeated);
  CHECK_FALSE(entries[2].guid_repeated);
  CHECK(entries[0].keys[KeyKind::guid] == entries[1].keys[KeyKind::guid]);
  CHECK(entries[0].keys[KeyKind::guid_link] != entries[1].keys[KeyKind::guid_link]);
}

TEST_CASE("I-4 one guid and one link for all entries leaves guid and title", "[keys]") {
  const std::vector<Entry> entries = identify(
      {entry("same", "https://example.org/1", "A"), entry("same", "https://example.org/1", "B")});
  CHECK_FALSE(entries[0].keys[KeyKind::guid_link]);
  CHECK(entries[0].keys[KeyKind::guid_title_date]);
  CHECK(entries[0].keys[KeyKind::guid_title_date] != entries[1].keys[KeyKind::guid_title_date]);
}

TEST_CASE("I-4 exact duplicates collapse to one", "[keys]") {
  const ParsedEntry a = entry("g", "https://example.org/1", "A");
  CHECK(count_after_dropping({a, a, a}) == 1);
  ParsedEntry later = a;
  later.published = day(1);
  CHECK(count_after_dropping({a, later, entry("h", a.url, a.title)}) == 3);
}

TEST_CASE("two entries without guid and link but with other text are two", "[keys]") {
  ParsedEntry first = with_text("same", "one"), second = with_text("same", "two");
  first.raw_hash = 1;
  second.raw_hash = 2;
  CHECK(count_after_dropping({first, second}) == 2);
  CHECK(count_after_dropping({first, first}) == 1);
}

TEST_CASE("I-12 neither a home page nor the feed's own site is trusted across feeds", "[keys]") {
  const auto trusted = [](std::string link, std::string home_page) {
    return identify({entry("g", std::move(link), "T")}, std::move(home_page))[0].link_trusted;
  };
  CHECK(trusted("https://example.org/a", "https://example.org/"));
  CHECK_FALSE(trusted("https://example.org/", ""));
  CHECK_FALSE(trusted("https://other.org/index.html", ""));
  CHECK_FALSE(trusted("http://www.example.org/blog", "https://example.org/blog"));
  CHECK_FALSE(trusted("", ""));
}

TEST_CASE("I-12 U is the same for http, https and www, in any feed", "[keys]") {
  ParsedFeed feed;
  feed.entries = {entry("other", "http://www.example.org/a", "other")};
  CHECK(identify_entries(feed, 99, "https://planet.net/feed")[0].keys[KeyKind::url] ==
        key(entry("g", "https://example.org/a", "T"), KeyKind::url));
}

TEST_CASE("I-12 a link on the feed's registrable domain is its own", "[keys]") {
  const auto own = [](std::string link) {
    return identify({entry("g", std::move(link), "T")})[0].own_domain;
  };
  CHECK(own("https://blog.example.org/a"));
  CHECK_FALSE(own("https://example.com/a"));
  CHECK_FALSE(own(""));
}

TEST_CASE("I-20 links that only cleaning makes the same keep what tells them apart", "[keys]") {
  const std::vector<Entry> entries =
      identify({entry("1", "https://example.org/log#v1.1", "Version 1.1"),
                entry("2", "https://example.org/log#v1.2", "Version 1.2"),
                entry("3", "https://example.org/x?utm_source=rss", "X")});
  CHECK(entries[0].link_unique);
  CHECK(entries[1].link_unique);
  CHECK(entries[0].canonical_url != entries[1].canonical_url);
  CHECK(entries[2].canonical_url == "https://example.org/x?utm_source=rss");
}

TEST_CASE("I-20 cleaning stands where the entries that meet are one", "[keys]") {
  const std::vector<Entry> entries =
      identify({entry("1", "https://example.org/log?utm_source=a", "T"),
                entry("1", "https://example.org/log?utm_source=b", "T")});
  CHECK(entries[0].canonical_url == "https://example.org/log");
  CHECK(entries[1].canonical_url == "https://example.org/log");
}

TEST_CASE("a feedburner entry is known by the article's own link", "[keys]") {
  ParsedEntry burned = entry("g", "http://feedproxy.google.com/~r/x/~3/abc/", "T");
  burned.orig_link = "https://example.org/a";
  CHECK(identify({burned})[0].canonical_url == "https://example.org/a");
}

TEST_CASE("I-13 what a reader sees makes the revision", "[keys]") {
  CHECK(changes_revision([](ParsedEntry& e) { e.title = "Other"; }));
  CHECK(changes_revision([](ParsedEntry& e) { e.content_html = "<p>Other.</p>"; }));
  CHECK(changes_revision([](ParsedEntry& e) { e.url = "https://example.org/b"; }));
  CHECK(changes_revision([](ParsedEntry& e) { e.attachments[0].url += "?v=2"; }));
  CHECK(changes_revision([](ParsedEntry& e) { e.attachments.clear(); }));
  CHECK(changes_revision([](ParsedEntry& e) { e.authors[0].name = "Bob"; }));
  CHECK(changes_revision([](ParsedEntry& e) { e.tags.push_back("z"); }));
  CHECK(changes_revision([](ParsedEntry& e) { e.language = "de"; }));
}

TEST_CASE("I-13 markup, white space, tracking, order of tags and dates make no revision",
          "[keys]") {
  CHECK_FALSE(changes_revision([](ParsedEntry& e) { e.title = " Title\n"; }));
  CHECK_FALSE(changes_revision([](ParsedEntry& e) {
    e.content_html = "<div>Some  <i>text</i>.\n\n<img src=\"https://t.example/p.gif\"> More.</div>";
  }));
  CHECK_FALSE(changes_revision([](ParsedEntry& e) { e.url = "http://example.org/a?utm_id=1"; }));
  CHECK_FALSE(changes_revision([](ParsedEntry& e) { e.tags = {"y", "x"}; }));
  CHECK_FALSE(changes_revision([](ParsedEntry& e) { e.published = day(9); }));
  CHECK_FALSE(changes_revision([](ParsedEntry& e) { e.comments_count = 5; }));
  CHECK_FALSE(changes_revision([](ParsedEntry& e) { e.image = "https://example.org/i.png"; }));
}

}  // namespace feedwire::feeds
