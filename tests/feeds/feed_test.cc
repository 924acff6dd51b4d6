#include "feeds/feed.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "base/rng.h"
#include "base/utf8.h"

namespace feedwire::feeds {
namespace {

Entry some_entry() {
  Entry entry;
  entry.raw_hash = 42;
  entry.link_unique = entry.own_domain = true;
  entry.keys[KeyKind::guid] = key_hash(KeyKind::guid, 1, "a");
  entry.revision = xxh3_128("content");
  entry.guid = "a";
  entry.canonical_url = "http://example.org/a";
  entry.title = "雷峰网";
  entry.published = std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000}};
  entry.json = R"({"id":"a","_feedwire":{"guid":"a"}})";
  return entry;
}

FeedInfo some_info() {
  FeedInfo info;
  info.format = "rss-2.0";
  info.title = "Example";
  info.json = R"({"title":"Example","_feedwire":{}})";
  info.ttl_minutes = 30;
  info.skip_hours = 6;
  info.complete = info.has_zoneless_dates = true;
  info.problem_count = 3;
  info.deleted = {xxh3_128("a"), xxh3_128("b")};
  return info;
}

std::string some_buffer() {
  Entry unchanged = some_entry();
  unchanged.unchanged = true;
  unchanged.json.clear();
  return flatten(some_info(), {some_entry(), unchanged});
}

// Whether check() refuses a feed with one entry that `change` made.
template <typename Change>
bool refuses_entry(Change change) {
  Entry entry = some_entry();
  change(entry);
  const Result<Feed> feed = Feed::check(flatten(some_info(), {entry}));
  return !feed && feed.error().code == ErrorCode::corrupt;
}

bool refuses_json(std::string json) {
  return refuses_entry([&](Entry& entry) { entry.json = std::move(json); });
}

bool lies_within(std::string_view buffer, std::string_view part) {
  return part.empty() || (part.data() >= buffer.data() &&
                          part.data() + part.size() <= buffer.data() + buffer.size());
}

// Reads all there is; with the sanitizers on, a bad view is found here.
bool is_safe_to_read(const Feed& feed) {
  const auto is_good = [&feed](std::string_view text) {
    return lies_within(feed.buffer(), text) && is_valid_utf8(text);
  };
  const FeedInfoView info = feed.info();
  bool good = is_good(info.format) && is_good(info.title) && is_good(info.home_page_url) &&
              is_good(info.feed_url) && is_good(info.language) && is_good(info.json) &&
              is_good(info.next_url) && is_good(info.prev_archive) && is_safe_text(info.json);
  for (std::size_t i = 0; i < feed.size(); ++i) {
    const EntryView entry = feed.entry(i);
    good = good && is_good(entry.guid) && is_good(entry.canonical_url) && is_good(entry.title) &&
           is_good(entry.json) &&
           (entry.unchanged ? entry.json.empty() : entry.json.ends_with("}}"));
  }
  return good;
}

// A buffer of any content is refused or safe; which of both, the caller need not know.
bool is_refused_or_safe(const std::string& buffer) {
  const Result<Feed> feed = Feed::check(buffer);
  return feed ? is_safe_to_read(*feed) : feed.error().code == ErrorCode::corrupt;
}

}  // namespace

TEST_CASE("a flat feed gives back what went into it", "[feed]") {
  const Feed feed = Feed::check(some_buffer()).value();

  const FeedInfoView info = feed.info();
  CHECK(info.format == "rss-2.0");
  CHECK(info.title == "Example");
  CHECK(info.json == some_info().json);
  CHECK(info.language.empty());
  CHECK(info.ttl_minutes == 30u);
  CHECK_FALSE(info.update_interval_minutes);
  CHECK(info.skip_hours == 6);
  CHECK(info.complete);
  CHECK(info.has_zoneless_dates);
  CHECK(info.problem_count == 3);
  CHECK(info.deleted == some_info().deleted);

  REQUIRE(feed.size() == 2);
  const Entry expected = some_entry();
  const EntryView entry = feed.entry(0);
  CHECK(entry.raw_hash == 42);
  CHECK(entry.keys.hashes == expected.keys.hashes);
  CHECK(entry.revision == expected.revision);
  CHECK(entry.guid == expected.guid);
  CHECK(entry.canonical_url == expected.canonical_url);
  CHECK(entry.title == expected.title);
  CHECK(entry.published == expected.published);
  CHECK(entry.json == expected.json);
  CHECK(entry.link_unique);
  CHECK(entry.own_domain);
  CHECK_FALSE(entry.guid_repeated);
  CHECK_FALSE(entry.link_trusted);
  CHECK_FALSE(entry.unchanged);
  CHECK(feed.entry(1).unchanged);
}

TEST_CASE("a feed without entries is one", "[feed]") {
  FeedInfo info;
  info.json = some_info().json;
  const Feed feed = Feed::check(flatten(info, {})).value();
  CHECK(feed.size() == 0);
  CHECK_FALSE(feed.info().complete);
  CHECK_FALSE(feed.info().has_zoneless_dates);
}

TEST_CASE("S12 a buffer that is cut or longer than it says is refused", "[feed]") {
  const std::string buffer = some_buffer();
  for (std::size_t size = 0; size < buffer.size(); ++size)
    REQUIRE_FALSE(Feed::check(buffer.substr(0, size)));
  CHECK_FALSE(Feed::check(buffer + '\0'));
}

TEST_CASE("S12 a flag that nobody knows is refused", "[feed]") {
  FeedInfo info = some_info();
  info.complete = info.has_zoneless_dates = false;
  std::string buffer = flatten(info, {});
  const std::string other = flatten(some_info(), {});
  const auto flags = std::mismatch(buffer.begin(), buffer.end(), other.begin()).first;
  *flags = 3;
  CHECK(Feed::check(buffer));
  *flags = 4;
  CHECK_FALSE(Feed::check(buffer));
}

TEST_CASE("S12 text that is not UTF-8 is refused", "[feed]") {
  CHECK(refuses_entry([](Entry& entry) { entry.title = "\xff"; }));
  CHECK(refuses_entry([](Entry& entry) { entry.guid = "\xc0\x80"; }));
  CHECK(refuses_entry([](Entry& entry) { entry.canonical_url = "a\xe9"; }));
  CHECK(refuses_entry([](Entry& entry) { entry.title = "\xf4\x90\x80\x80"; }));
  CHECK(refuses_entry([](Entry& entry) {
    entry.guid = "\xe9\x9b";  // a character in two halves
    entry.canonical_url = "\xb7";
  }));
}

TEST_CASE("S12 a date that no feed can have is refused", "[feed]") {
  using std::chrono::seconds;
  using std::chrono::sys_seconds;
  CHECK(refuses_entry([](Entry& entry) { entry.published = sys_seconds{seconds{-1}}; }));
  CHECK(refuses_entry(
      [](Entry& entry) { entry.published = sys_seconds{seconds{1'000'000'000'000}}; }));
}

TEST_CASE("S12 JSON that would break an event line is refused", "[feed]") {
  CHECK_FALSE(refuses_json(R"({"a":[{"b":[]}],"_feedwire":{"c":{}}})"));
  CHECK(refuses_json(""));
  CHECK(refuses_json("}}"));
  CHECK(refuses_json(R"(["_feedwire",{"a":{}}])"));
  CHECK(refuses_json("{\"a\":\n1,\"_feedwire\":{}}"));
  CHECK(refuses_json("{\"a\":\"\u2028\",\"_feedwire\":{}}"));
  CHECK(refuses_json("{\"a\":\"\u001b[31m\",\"_feedwire\":{}}"));
  CHECK(refuses_json(R"({"_feedwire":{},"a":{}})"));
  CHECK(refuses_json(R"({"_feedwire":{"a":{}},"b":[{}]})"));
  CHECK(refuses_json(R"({"a":{"_feedwire":{}}})"));
  CHECK(refuses_json(R"({"_feedwire":{}},{"_feedwire":{}})"));
  CHECK(refuses_json(R"({"_feedwire":{}} )"));
  CHECK(refuses_json(R"({"_feedwire":{} })"));
  CHECK(refuses_json(R"({"a":tru,"_feedwire":{}})"));
  CHECK(refuses_json(std::string(R"({"a":)") + std::string(100, '[') + std::string(100, ']') +
                     R"(,"_feedwire":{}})"));
  CHECK(refuses_entry([](Entry& entry) { entry.unchanged = true; }));
}

TEST_CASE("S12 texts that share their bytes are refused, as each would cost as much", "[feed]") {
  std::string buffer = flatten(some_info(), {some_entry()});
  const auto span_of = [&buffer](std::string_view text) {
    const std::uint32_t span[] = {static_cast<std::uint32_t>(buffer.find(text)),
                                  static_cast<std::uint32_t>(text.size())};
    return std::string(reinterpret_cast<const char*>(span), sizeof span);
  };
  const Entry entry = some_entry();
  const std::string title = span_of(entry.title), json = span_of(entry.json);
  buffer.replace(buffer.find(title), title.size(), json);
  CHECK_FALSE(Feed::check(buffer));
}

TEST_CASE("S12 no lie in any field of the records gets through to a reader", "[feed]") {
  const std::string buffer = some_buffer();
  const auto size = static_cast<std::uint32_t>(buffer.size());
  for (std::size_t at = 0; at + sizeof(std::uint32_t) <= buffer.size(); at += 4) {
    std::uint32_t field = 0;
    std::memcpy(&field, buffer.data() + at, sizeof field);
    for (const std::uint32_t lie : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu, size, size - 1,
                                    size + 1, field + 1, field - 1, field ^ 0x100u}) {
      std::string changed = buffer;
      std::memcpy(changed.data() + at, &lie, sizeof lie);
      REQUIRE(is_refused_or_safe(changed));
    }
  }
}

TEST_CASE("S12 random damage is refused or harmless", "[feed]") {
  const std::string buffer = some_buffer();
  SeededRng rng(20261121);
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = buffer;
    for (std::uint64_t i = 1 + rng.next() % 4; i > 0; --i)
      changed[rng.next() % changed.size()] = static_cast<char>(rng.next());
    REQUIRE(is_refused_or_safe(changed));
  }
}

}  // namespace feedwire::feeds
