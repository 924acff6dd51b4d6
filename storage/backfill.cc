#include "storage/backfill.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/hash.h"
#include "feeds/url.h"

namespace feedwire::storage {
namespace {

constexpr std::chrono::hours kFutileTime{24};

// As it may be asked for; empty if it may not. Any host that a redirect might lead to will do,
// since there are feeds whose pages lie elsewhere (Blogger's at www.blogger.com), but as with
// redirects https never leads to http: publishers who have moved to https and forgotten their links
// mean https.
std::string page_url(std::string_view named, std::string_view base) {
  const feeds::UrlParts parts = feeds::split_url(named);
  if (feeds::url_host(named).empty() || (parts.scheme != "http" && parts.scheme != "https"))
    return {};
  // The operator's credentials are sent by the subscription's URL, nobody else's at all.
  const std::string_view place = parts.authority.substr(parts.authority.rfind('@') + 1);
  const bool upgrade = parts.scheme == "http" && base.starts_with("https:");
  const bool has_port = place.find(':', place.rfind(']') + 1) != place.npos;
  if (upgrade && has_port) return {};
  std::string url(upgrade ? "https" : parts.scheme);
  url.append("://").append(place).append(parts.path);
  if (parts.has_query) url.append("?").append(parts.query);
  return url.size() <= Backfill::kMaxPageBytes ? url : std::string();
}

std::string_view named_page(const feeds::FeedInfoView& document, Backfill::By by,
                            std::string_view guess) {
  switch (by) {
    case Backfill::By::archive:
      return document.prev_archive;
    case Backfill::By::next:
      return document.next_url;
    case Backfill::By::number:
      return guess;
  }
  return {};
}

// False if it was asked for before.
bool take_page(Backfill& backfill, std::string url) {
  const std::uint64_t print = xxh3_64(url);
  if (std::find(backfill.asked.begin(), backfill.asked.end(), print) != backfill.asked.end())
    return false;
  backfill.asked.push_back(print);
  backfill.page = std::move(url);
  return true;
}

}  // namespace

std::string_view backfill_end_name(Backfill::End end) {
  static constexpr std::array<std::string_view, kBackfillEnds> kNames = {
      "under-way", "closed", "no-page", "loop", "nothing-new", "limit", "failed"};
  return kNames[static_cast<std::size_t>(end)];
}

bool is_futile(const Backfill& last, WallTime now) {
  const bool failed = last.end != Backfill::End::none && last.end != Backfill::End::closed;
  return failed && last.entries == 0 && now >= last.to && now - last.to < kFutileTime;
}

bool find_first_page(Backfill& backfill, const feeds::FeedInfoView& document, std::string_view base,
                     std::string_view guess) {
  backfill.asked = {xxh3_64(page_url(base, base))};
  for (const Backfill::By by : {Backfill::By::archive, Backfill::By::next, Backfill::By::number}) {
    std::string url = page_url(named_page(document, by, guess), base);
    if (url.empty() || !take_page(backfill, std::move(url))) continue;
    backfill.by = by;
    return true;
  }
  return false;
}

void find_next_page(Backfill& backfill, const feeds::FeedInfoView& document,
                    std::string_view guess) {
  std::string url = page_url(named_page(document, backfill.by, guess), backfill.page);
  if (url.empty()) return end_backfill(backfill, Backfill::End::no_page);
  if (!take_page(backfill, std::move(url))) return end_backfill(backfill, Backfill::End::loop);
  backfill.next_ask = {};
}

void end_backfill(Backfill& backfill, Backfill::End end) {
  backfill.end = end;
  backfill.next_ask = {};
  backfill.asked.clear();
  backfill.before.clear();
}

}  // namespace feedwire::storage
