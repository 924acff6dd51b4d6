// How the older pages of feeds are to be asked for (I-18), for the check of politeness.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "storage/announced_wait.h"
#include "storage/politeness.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr std::size_t kMostPages = 10;
// Two clocks are read one after the other.
constexpr microseconds kTolerance = 2ms;

// How long its host wants nothing to be asked for this feed: Retry-After, or else what a 429 means.
microseconds patience_after(const PollRecord& record) {
  if (const auto asked = announced_retry(record)) return *asked;
  return record.status == 429 ? microseconds{1h} : 0us;
}

// H-60, with the jitter that it allows.
microseconds page_backoff(const PollRecord& last, std::uint32_t failures) {
  const double share = std::min(1.0, std::chrono::duration<double>(last.floor).count() / 3600);
  const double doublings = std::exp2(std::min<double>(failures - 1.0, 20));
  const std::chrono::duration<double> base = 15min * share * doublings;
  return std::chrono::duration_cast<microseconds>(0.85 * base);
}

}  // namespace

void PolitenessCheck::check_older_page(Feed& feed, const PollRecord& record) {
  if (!feed.pages) feed.pages = Pages{};
  Pages& pages = *feed.pages;
  const bool asked_patience = feed.last.verdict == PollVerdict::failure;
  if (asked_patience && feed.last.host == record.host)
    check_wait(feed, record, {patience_after(feed.last), "H-51", "its feed was refused"});
  if (!record.if_none_match.empty() || !record.if_modified_since.empty())
    report("I-18", record, "an older page was asked for with validators");
  const bool is_again = pages.read.contains(record.url);
  if (record.gap != pages.gap) {
    pages.gap = record.gap;
    pages.read.clear();
  } else if (is_again && record.run == pages.last.run) {  // else it died before it knew the answer
    report("I-18", record, "an older page was asked for again");
  } else if (!is_again && pages.read.size() >= kMostPages) {
    report("I-18", record, fmt::format("{} older pages were read before", pages.read.size()));
  }
  if (pages.failures > 0) {
    microseconds least = patience_after(pages.last);
    // Another page, of another gap, may be had where the last one was not.
    if (record.url == pages.last.url)
      least = std::max(least, page_backoff(pages.last, pages.failures));
    const std::optional<microseconds> pause = between(end_of(pages.last), record);
    if (pause && *pause < least - kTolerance)
      report("I-18", record,
             fmt::format("asked {} s after a failure, {} s had to pass",
                         std::chrono::duration<double>(*pause).count(),
                         std::chrono::duration<double>(least).count()));
  }
  if (record.verdict == PollVerdict::document) pages.read.insert(record.url);
  if (record.verdict == PollVerdict::offline || record.verdict == PollVerdict::abandoned) return;
  const bool same = record.url == pages.last.url;
  const bool failed = record.verdict == PollVerdict::failure;
  pages.failures = failed ? (same ? pages.failures : 0) + 1 : 0;
  pages.last = record;
}

// A host that asked for patience when it was asked for a page means the feed too.
void PolitenessCheck::check_after_page(const Pages& pages, const PollRecord& record) {
  if (pages.failures == 0 || record.host != pages.last.host) return;
  if (record.cause == PollCause::forced) return;
  const std::optional<microseconds> pause = between(end_of(pages.last), record);
  const microseconds least = patience_after(pages.last);
  if (pause && *pause < least - kTolerance)
    report("H-51", record,
           fmt::format("asked {} s after an older page was refused, {} s had to pass",
                       std::chrono::duration<double>(*pause).count(),
                       std::chrono::duration<double>(least).count()));
}

}  // namespace feedwire::storage
