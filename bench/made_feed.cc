#include "bench/made_feed.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "bench/store_figures.h"

namespace feedwire::bench {
namespace {

using feeds::KeyKind;

enum Salt : std::uint64_t { kUrl, kGuid, kRevision, kRaw, kOther };

// Of about 700 bytes, which compress to half.
std::string make_text(std::uint64_t seed) {
  std::string text;
  for (std::uint64_t i = 0; i < 12; ++i)
    text += fmt::format("<p>The market of {} grows, said {}.</p> ",
                        made_hash(seed, i).hex().substr(0, 12), seed % 100);
  return text;
}

}  // namespace

Hash128 made_hash(std::uint64_t seed, std::uint64_t salt) {
  const std::uint64_t numbers[] = {seed, salt};
  return xxh3_128({reinterpret_cast<const char*>(numbers), sizeof numbers});
}

MadeEntry make_new_entry(std::uint64_t seed) {
  return {.seed = seed, .url = made_hash(seed, kUrl), .guid = made_hash(seed, kGuid)};
}

feeds::Entry make_entry(const MadeEntry& made) {
  feeds::Entry entry;
  entry.raw_hash = made_hash(made.seed, kRaw).prefix() | 1;
  entry.unchanged = made.known;
  entry.link_unique = entry.link_trusted = entry.own_domain = true;
  entry.keys[KeyKind::guid] = made.guid;
  entry.keys[KeyKind::url] = made.url;
  for (const KeyKind kind :
       {KeyKind::link, KeyKind::loose_link, KeyKind::title_date, KeyKind::title_content})
    entry.keys[kind] = made_hash(made.seed, kOther + static_cast<std::uint64_t>(kind));
  entry.guid = fmt::format("{:016x}", made.seed);
  entry.canonical_url = fmt::format("https://news.example/{:016x}.html", made.seed);
  entry.title = fmt::format("Number {} is news", made.seed);
  entry.published =
      std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000 + made.seed % 50'000'000}};
  if (made.known) return entry;
  entry.revision = made_hash(made.seed, kRevision);
  entry.json =
      fmt::format(R"({{"id":"{}","url":"{}","title":"{}","content_html":"{}","_feedwire":{{}}}})",
                  entry.guid, entry.canonical_url, entry.title, make_text(made.seed));
  return entry;
}

feeds::Feed make_document(std::span<const MadeEntry> entries) {
  std::vector<feeds::Entry> made;
  for (const MadeEntry& entry : entries) made.push_back(make_entry(entry));
  feeds::FeedInfo info;
  info.format = "rss2";
  info.title = "News";
  info.json = R"({"title":"News","_feedwire":{}})";
  return need(feeds::Feed::check(feeds::flatten(info, made)));
}

}  // namespace feedwire::bench
