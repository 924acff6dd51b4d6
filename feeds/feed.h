// Feed: what a parse worker hands to the daemon, one flat buffer of offsets. The worker is not
// trusted: the parent copies the buffer, then check()s it once; after that every accessor is safe.
// For each entry it holds the keys, the fingerprints and the JSON that the event will carry.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "feeds/keys.h"

namespace feedwire::feeds {

/// One entry as the store sees it, with owned strings; Feed::entry() gives the same as views.
template <typename String>
struct BasicEntry {
  std::uint64_t raw_hash = 0;
  /// The raw hash was among those the request named as known: json and revision are empty.
  bool unchanged = false;

  // Facts about the entry within its whole document.
  bool guid_repeated =
      false;  // another entry has the same guid with another link, title or date (I-4)
  bool link_unique = false;   // no other entry has this canonical link (I-3)
  bool link_trusted = false;  // link_unique, and no home page nor the feed's own site URL (I-12)
  bool own_domain = false;    // the link's registrable domain is that of the feed's URL (I-12)

  Keys keys;
  Hash128 revision;                // H128 of what I-13 counts as content
  std::uint64_t text_simhash = 0;  // 0 until near duplicates are looked for

  String guid;
  String canonical_url;  // identity's form of the link
  String title;
  std::optional<std::chrono::sys_seconds> published;

  /// One JSON Feed 1.1 item on one line. Its last member is always "_feedwire":{…}, so it ends in
  /// "}}"; the store adds its own members before those two bytes.
  String json;
};
using Entry = BasicEntry<std::string>;
using EntryView = BasicEntry<std::string_view>;

/// The document around the entries.
template <typename String>
struct BasicFeedInfo {
  String format, title, home_page_url, feed_url, language;
  String json;  // the JSON Feed 1.1 document without "items"
  String next_url, prev_archive;
  std::optional<std::uint32_t> ttl_minutes;
  std::optional<std::uint32_t> update_interval_minutes;  // sy:updatePeriod / updateFrequency
  std::uint32_t skip_hours = 0;                          // bit h: hour h of GMT
  std::uint32_t skip_days = 0;                           // bit d: weekday d, Sunday = 0
  bool complete = false;
  bool has_zoneless_dates = false;  // which were taken as UTC
  std::uint32_t problem_count = 0;
  std::vector<Hash128> deleted;  // the guid keys of its tombstones (RFC 6721)
};
using FeedInfo = BasicFeedInfo<std::string>;
using FeedInfoView = BasicFeedInfo<std::string_view>;

/// A checked flat buffer. Immutable; may be moved and read from any thread.
class Feed {
 public:
  static constexpr std::size_t kMaxBytes = 256 * 1024 * 1024;
  static constexpr std::size_t kMaxEntries = 10'000;

  /// Takes over a buffer made by flatten() in a process that may lie. Every offset, length, count
  /// and flag is looked at, strings must be valid UTF-8, json must end in "}}" and hold no line
  /// break. Errors: corrupt, with what is wrong.
  static Result<Feed> check(std::string buffer);

  FeedInfoView info() const;
  std::size_t size() const { return entry_count_; }
  EntryView entry(std::size_t i) const;  // i < size()
  /// What entry(i) holds, for those who need no more of it: most entries of most documents are
  /// known by these.
  std::uint64_t raw_hash(std::size_t i) const;
  bool guid_repeated(std::size_t i) const;
  Hash128 key(std::size_t i, KeyKind kind) const;
  std::string_view buffer() const { return buffer_; }

 private:
  Feed(std::string buffer, std::size_t entry_count)
      : buffer_(std::move(buffer)), entry_count_(entry_count) {}

  std::string buffer_;
  std::size_t entry_count_;
};

/// The flat form. The layout is described in feed.cc; it never leaves one machine and one version.
std::string flatten(const FeedInfo& info, const std::vector<Entry>& entries);

/// The same into `out`, which has the size that flat_size() gives: at most Feed::kMaxBytes.
std::size_t flat_size(const FeedInfo& info, const std::vector<Entry>& entries);
void flatten_into(const FeedInfo& info, const std::vector<Entry>& entries, std::span<char> out);

}  // namespace feedwire::feeds
