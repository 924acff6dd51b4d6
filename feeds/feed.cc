#include "feeds/feed.h"

#include <fmt/format.h>

#include <cstring>
#include <initializer_list>
#include <limits>
#include <type_traits>

#include "base/utf8.h"
#include "feeds/date.h"
#include "feeds/json_shape.h"

// The layout: FlatHeader, entry_count FlatEntry records, then the strings, which spans point to by
// their offset from the start of the buffer. Native byte order: both sides are one machine.

namespace feedwire::feeds {
namespace {

constexpr std::uint32_t kMagic = 0x46574447;  // changes with the layout
constexpr std::uint32_t kAbsent = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

struct Span {
  std::uint32_t offset, size;
};

struct FlatInfo {
  Span format, title, home_page_url, feed_url, language, json, next_url, prev_archive;
  Span deleted;  // Hash128s end to end
  std::uint32_t ttl_minutes, update_interval_minutes, skip_hours, skip_days, flags, problem_count;
};

struct FlatHeader {
  std::uint32_t magic, entry_count;
  std::uint64_t total_size;
  FlatInfo info;
};

enum InfoFlag : std::uint32_t { kComplete = 1, kZonelessDates = 2, kAllInfoFlags = 3 };

enum Flag : std::uint32_t {
  kUnchanged = 1,
  kGuidRepeated = 2,
  kLinkUnique = 4,
  kLinkTrusted = 8,
  kOwnDomain = 16,
  kAllFlags = 31
};

struct FlatEntry {
  std::uint64_t raw_hash, text_simhash;
  std::int64_t published;
  std::uint64_t flags;
  Hash128 keys[kKeyKinds];
  Hash128 revision;
  Span guid, canonical_url, title, json;
};
static_assert(std::is_trivially_copyable_v<FlatHeader> && std::is_trivially_copyable_v<FlatEntry>);
static_assert(std::is_trivially_copyable_v<Keys> && sizeof(Keys) == sizeof(FlatEntry::keys));

template <typename Record>
Record record_at(std::string_view buffer, std::size_t offset) {
  Record record;
  std::memcpy(&record, buffer.data() + offset, sizeof record);
  return record;
}

constexpr std::size_t entry_offset(std::size_t i) {
  return sizeof(FlatHeader) + i * sizeof(FlatEntry);
}

FlatEntry entry_at(std::string_view buffer, std::size_t i) {
  return record_at<FlatEntry>(buffer, entry_offset(i));
}

std::string_view view(std::string_view buffer, Span span) {
  if (span.size == 0) return {};  // its offset was not checked
  return buffer.substr(span.offset, span.size);
}

// Looks at everything a lying worker may have put in. `what` is empty where all is well.
class Checker {
 public:
  explicit Checker(std::string_view buffer) : buffer_(buffer) {}

  std::string what;

  bool header(std::size_t& entry_count) {
    if (buffer_.size() < sizeof(FlatHeader) || buffer_.size() > Feed::kMaxBytes)
      return fail("size");
    const auto header = record_at<FlatHeader>(buffer_, 0);
    if (header.magic != kMagic) return fail("magic");
    if (header.total_size != buffer_.size()) return fail("total size");
    if (header.entry_count > Feed::kMaxEntries) return fail("entry count");
    entry_count = header.entry_count;
    heap_ = sizeof(FlatHeader) + entry_count * sizeof(FlatEntry);
    if (heap_ > buffer_.size()) return fail("entries past the end");
    return info(header.info);
  }

  bool entry(std::size_t i) {
    const FlatEntry flat = entry_at(buffer_, i);
    if ((flat.flags & ~std::uint64_t{kAllFlags}) != 0) return fail("flags");
    if (flat.published != kNoTime &&
        !is_feed_date(std::chrono::sys_seconds{std::chrono::seconds{flat.published}}))
      return fail("published");
    if (!texts({flat.guid, flat.canonical_url, flat.title})) return false;
    if ((flat.flags & kUnchanged) != 0) {
      if (flat.json.size != 0) return fail("an unchanged entry with JSON");
      return true;
    }
    return json(flat.json);
  }

 private:
  bool fail(std::string_view reason) {
    what = reason;
    return false;
  }

  bool inside(Span span) {
    if (span.size == 0) return true;
    if (span.offset < heap_ || span.offset > buffer_.size() ||
        span.size > buffer_.size() - span.offset)
      return fail("a span outside the buffer");
    // Else ten thousand entries could share one text of 200 MiB, and each cost its size.
    claimed_ += span.size;
    if (claimed_ > buffer_.size() - heap_) return fail("strings that overlap");
    return true;
  }

  // They lie end to end, as flatten() puts them: to be looked at in one go.
  bool texts(std::initializer_list<Span> spans) {
    const auto is_continuation = [](char c) { return (c & '\xc0') == '\x80'; };
    Span all{};
    for (const Span span : spans) {
      if (span.size == 0) continue;
      if (!inside(span)) return false;
      if (all.size == 0) all.offset = span.offset;
      if (span.offset != all.offset + all.size) return fail("strings that are not end to end");
      // Where each begins with a character, what is valid together is valid alone.
      if (is_continuation(buffer_[span.offset])) return fail("bad UTF-8");
      all.size += span.size;
    }
    if (!is_valid_utf8(view(buffer_, all))) return fail("bad UTF-8");
    return true;
  }

  bool json(Span span) {
    if (!inside(span)) return false;
    if (!is_item_json(view(buffer_, span))) return fail("JSON of another shape");
    return true;
  }

  bool info(const FlatInfo& info) {
    if (!texts({info.format, info.title, info.home_page_url, info.feed_url, info.language}) ||
        !texts({info.next_url, info.prev_archive}))
      return false;
    if (!inside(info.deleted)) return false;
    if (info.deleted.size % sizeof(Hash128) != 0) return fail("a part of a key");
    if ((info.flags & ~std::uint32_t{kAllInfoFlags}) != 0) return fail("flags of the feed");
    return json(info.json);
  }

  std::string_view buffer_;
  std::size_t heap_ = 0;     // where the strings begin
  std::size_t claimed_ = 0;  // bytes of the spans so far
};

// Puts strings behind the records and hands out their spans.
class Heap {
 public:
  Heap(std::span<char> buffer, std::size_t records) : buffer_(buffer), used_(records) {}
  Span add(std::string_view text) {
    if (text.empty()) return {0, 0};
    const Span span{static_cast<std::uint32_t>(used_), static_cast<std::uint32_t>(text.size())};
    std::memcpy(buffer_.subspan(used_, text.size()).data(), text.data(), text.size());
    used_ += text.size();
    return span;
  }

 private:
  std::span<char> buffer_;
  std::size_t used_;
};

std::string_view bytes_of(const std::vector<Hash128>& hashes) {
  return {reinterpret_cast<const char*>(hashes.data()), hashes.size() * sizeof(Hash128)};
}

FlatInfo flatten_info(const FeedInfo& info, Heap& heap) {
  FlatInfo flat{};
  flat.format = heap.add(info.format);
  flat.title = heap.add(info.title);
  flat.home_page_url = heap.add(info.home_page_url);
  flat.feed_url = heap.add(info.feed_url);
  flat.language = heap.add(info.language);
  flat.json = heap.add(info.json);
  flat.next_url = heap.add(info.next_url);
  flat.prev_archive = heap.add(info.prev_archive);
  flat.deleted = heap.add(bytes_of(info.deleted));
  flat.ttl_minutes = info.ttl_minutes.value_or(kAbsent);
  flat.update_interval_minutes = info.update_interval_minutes.value_or(kAbsent);
  flat.skip_hours = info.skip_hours;
  flat.skip_days = info.skip_days;
  flat.flags = (info.complete ? kComplete : 0u) | (info.has_zoneless_dates ? kZonelessDates : 0u);
  flat.problem_count = info.problem_count;
  return flat;
}

FlatEntry flatten_entry(const Entry& entry, Heap& heap) {
  FlatEntry flat{};
  flat.raw_hash = entry.raw_hash;
  flat.text_simhash = entry.text_simhash;
  flat.published = entry.published ? entry.published->time_since_epoch().count() : kNoTime;
  flat.flags = (entry.unchanged ? kUnchanged : 0u) | (entry.guid_repeated ? kGuidRepeated : 0u) |
               (entry.link_unique ? kLinkUnique : 0u) | (entry.link_trusted ? kLinkTrusted : 0u) |
               (entry.own_domain ? kOwnDomain : 0u);
  std::memcpy(flat.keys, entry.keys.hashes.data(), sizeof flat.keys);
  flat.revision = entry.revision;
  flat.guid = heap.add(entry.guid);
  flat.canonical_url = heap.add(entry.canonical_url);
  flat.title = heap.add(entry.title);
  flat.json = heap.add(entry.json);
  return flat;
}

std::size_t size_of_records(const std::vector<Entry>& entries) {
  return sizeof(FlatHeader) + entries.size() * sizeof(FlatEntry);
}

template <typename Record>
void store_at(std::span<char> buffer, std::size_t offset, const Record& record) {
  std::memcpy(buffer.subspan(offset, sizeof record).data(), &record, sizeof record);
}

std::optional<std::uint32_t> optional_of(std::uint32_t value) {
  if (value == kAbsent) return std::nullopt;
  return value;
}

}  // namespace

Result<Feed> Feed::check(std::string buffer) {
  Checker checker(buffer);
  std::size_t entry_count = 0;
  bool good = checker.header(entry_count);
  for (std::size_t i = 0; good && i < entry_count; ++i) good = checker.entry(i);
  if (!good) return Error{ErrorCode::corrupt, fmt::format("parsed feed: {}", checker.what)};
  return Feed(std::move(buffer), entry_count);
}

FeedInfoView Feed::info() const {
  const FlatInfo flat = record_at<FlatHeader>(buffer_, 0).info;
  FeedInfoView info;
  info.format = view(buffer_, flat.format);
  info.title = view(buffer_, flat.title);
  info.home_page_url = view(buffer_, flat.home_page_url);
  info.feed_url = view(buffer_, flat.feed_url);
  info.language = view(buffer_, flat.language);
  info.json = view(buffer_, flat.json);
  info.next_url = view(buffer_, flat.next_url);
  info.prev_archive = view(buffer_, flat.prev_archive);
  const std::string_view deleted = view(buffer_, flat.deleted);
  info.deleted.resize(deleted.size() / sizeof(Hash128));
  if (!deleted.empty()) std::memcpy(info.deleted.data(), deleted.data(), deleted.size());
  info.ttl_minutes = optional_of(flat.ttl_minutes);
  info.update_interval_minutes = optional_of(flat.update_interval_minutes);
  info.skip_hours = flat.skip_hours;
  info.skip_days = flat.skip_days;
  info.complete = (flat.flags & kComplete) != 0;
  info.has_zoneless_dates = (flat.flags & kZonelessDates) != 0;
  info.problem_count = flat.problem_count;
  return info;
}

// Each part goes straight to its place: a record is 300 bytes, and this is done for every entry.
EntryView Feed::entry(std::size_t i) const {
  const std::size_t at = entry_offset(i);
  const auto copy = [&](std::size_t member, auto& to) {
    std::memcpy(&to, buffer_.data() + at + member, sizeof to);
  };
  const auto text = [&](std::size_t member) {
    return view(buffer_, record_at<Span>(buffer_, at + member));
  };
  EntryView entry;
  std::int64_t published = kNoTime;
  std::uint64_t flags = 0;
  copy(offsetof(FlatEntry, raw_hash), entry.raw_hash);
  copy(offsetof(FlatEntry, text_simhash), entry.text_simhash);
  copy(offsetof(FlatEntry, published), published);
  copy(offsetof(FlatEntry, flags), flags);
  copy(offsetof(FlatEntry, keys), entry.keys);
  copy(offsetof(FlatEntry, revision), entry.revision);
  if (published != kNoTime)
    entry.published = std::chrono::sys_seconds{std::chrono::seconds{published}};
  entry.unchanged = (flags & kUnchanged) != 0;
  entry.guid_repeated = (flags & kGuidRepeated) != 0;
  entry.link_unique = (flags & kLinkUnique) != 0;
  entry.link_trusted = (flags & kLinkTrusted) != 0;
  entry.own_domain = (flags & kOwnDomain) != 0;
  entry.guid = text(offsetof(FlatEntry, guid));
  entry.canonical_url = text(offsetof(FlatEntry, canonical_url));
  entry.title = text(offsetof(FlatEntry, title));
  entry.json = text(offsetof(FlatEntry, json));
  return entry;
}

std::uint64_t Feed::raw_hash(std::size_t i) const {
  return record_at<std::uint64_t>(buffer_, entry_offset(i) + offsetof(FlatEntry, raw_hash));
}

bool Feed::guid_repeated(std::size_t i) const {
  const auto flags =
      record_at<std::uint64_t>(buffer_, entry_offset(i) + offsetof(FlatEntry, flags));
  return (flags & kGuidRepeated) != 0;
}

Hash128 Feed::key(std::size_t i, KeyKind kind) const {
  return record_at<Hash128>(buffer_, entry_offset(i) + offsetof(FlatEntry, keys) +
                                         static_cast<std::size_t>(kind) * sizeof(Hash128));
}

std::size_t flat_size(const FeedInfo& info, const std::vector<Entry>& entries) {
  std::size_t size = size_of_records(entries);
  for (const std::string* text : {&info.format, &info.title, &info.home_page_url, &info.feed_url,
                                  &info.language, &info.json, &info.next_url, &info.prev_archive})
    size += text->size();
  size += info.deleted.size() * sizeof(Hash128);
  for (const Entry& entry : entries)
    size += entry.guid.size() + entry.canonical_url.size() + entry.title.size() + entry.json.size();
  return size;
}

void flatten_into(const FeedInfo& info, const std::vector<Entry>& entries, std::span<char> out) {
  Heap heap(out, size_of_records(entries));
  FlatHeader header{};
  header.magic = kMagic;
  header.entry_count = static_cast<std::uint32_t>(entries.size());
  header.total_size = out.size();
  header.info = flatten_info(info, heap);
  store_at(out, 0, header);
  for (std::size_t i = 0; i < entries.size(); ++i)
    store_at(out, sizeof(FlatHeader) + i * sizeof(FlatEntry), flatten_entry(entries[i], heap));
}

std::string flatten(const FeedInfo& info, const std::vector<Entry>& entries) {
  std::string buffer(flat_size(info, entries), '\0');
  flatten_into(info, entries, buffer);
  return buffer;
}

}  // namespace feedwire::feeds
