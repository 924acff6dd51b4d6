// A gap in what was seen of a feed (identity rule I-18), and the older pages by which it is closed.
// Kept in the feed's poll row. What a page says of the gap is decided in storage/group_page.cc,
// when it is asked for in daemon/backfill_policy.h.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "feeds/feed.h"

namespace feedwire::storage {

struct Backfill {
  /// How a page leads to the one before it. The numbers are stored.
  enum class By : std::uint8_t {
    archive = 0,  // prev-archive (RFC 5005 4)
    next = 1,     // rel=next (RFC 5005 3), next_url of a JSON Feed
    number = 2,   // ?paged=n, which the operator has chosen for the feed
  };
  /// The numbers are stored.
  enum class End : std::uint8_t {
    none = 0,         // it goes on
    closed = 1,       // a page had an entry from before the gap; else it stays open:
    no_page = 2,      // none older is named
    loop = 3,         // one that was read already is
    nothing_new = 4,  // a page had no missed entry at all
    limit = 5,        // kMaxPages
    failed = 6,       // a page cannot be had
  };
  static constexpr std::uint32_t kMaxPages = 10;      // read for one gap
  static constexpr std::size_t kMaxPageBytes = 2048;  // of a page's URL
  static constexpr std::size_t kMaxBefore = 200;      // entries

  WallTime from{}, to{};  // between these two entries were missed: the data of feed.gap
  std::string page;       // the URL to be asked next, or the last one that was
  By by = By::archive;
  End end = End::none;
  std::uint32_t pages = 0;            // that were read …
  std::uint64_t entries = 0;          // … and how many missed entries they had
  std::uint32_t failures = 0;         // of requests for `page`, in a row
  WallTime last_ask{}, next_ask{};    // next: epoch = as soon as its host allows
  std::vector<std::uint64_t> asked;   // fingerprints of the URLs so far, that of `page` included
  std::vector<std::uint64_t> before;  // Hash128::prefix() of entries in the document before the gap

  bool operator==(const Backfill&) const = default;
};
inline constexpr std::uint8_t kBackfillBys = 3, kBackfillEnds = 7;
std::string_view backfill_end_name(Backfill::End end);  // "nothing-new"; "under-way" of none

/// Whether the gap is not worth the requests: a day ago at most the same was tried to no avail.
bool is_futile(const Backfill& last, WallTime now);

/// Begins: sets `page` and `by` by what the document at the URL `base` names, else by `guess`,
/// which may be empty. False if that is nothing.
bool find_first_page(Backfill& backfill, const feeds::FeedInfoView& document, std::string_view base,
                     std::string_view guess);

/// Goes on: the same for the page before backfill.page, whose document this is; what is missing or
/// a loop ends it.
void find_next_page(Backfill& backfill, const feeds::FeedInfoView& document,
                    std::string_view guess);

/// Ends it; what only a next page would need is let go.
void end_backfill(Backfill& backfill, Backfill::End end);

}  // namespace feedwire::storage
