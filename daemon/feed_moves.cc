#include "daemon/feed_moves.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/redact.h"
#include "daemon/http_target.h"
#include "feeds/url.h"
#include "storage/json_members.h"

namespace feedwire::daemon {
namespace {

using storage::FeedLife;

bool is_permanent(const HttpResponse::Hop& hop) { return hop.status == 301 || hop.status == 308; }

void move_to(FeedLife& life, std::string to) {
  life.moved_to = std::move(to);
  life.candidate = {};
  life.gone_since = {};  // that was another URL
}

std::uint64_t print_of(std::string_view text) { return text.empty() ? 0 : xxh3_64(text); }

}  // namespace

std::uint64_t title_print(const feeds::FeedInfoView& info) { return print_of(info.title); }

std::uint64_t id_print(const feeds::FeedInfoView& info) {
  const auto ours = storage::find_member(info.json, "_feedwire");
  const auto id = ours ? storage::find_member(*ours, "id") : std::nullopt;
  return id ? print_of(*id) : 0;
}

std::string_view permanent_target(const HttpResponse& response) {
  const auto& hops = response.redirects;
  const bool permanent = !hops.empty() && std::all_of(hops.begin(), hops.end(), is_permanent);
  return permanent ? std::string_view(response.final_url) : std::string_view();
}

bool is_https_of(std::string_view from, std::string_view to) {
  const feeds::UrlParts plain = feeds::split_url(from), secure = feeds::split_url(to);
  return plain.scheme == "http" && secure.scheme == "https" &&
         feeds::url_host(from) == feeds::url_host(to) && plain.path == secure.path &&
         plain.has_query == secure.has_query && plain.query == secure.query;
}

void note_sighting(FeedLife& life, std::string_view url, std::string_view target,
                   const std::function<bool()>& is_ours, WallTime now) {
  FeedLife::Candidate& candidate = life.candidate;
  if (target.empty()) {
    candidate = {};
    return;
  }
  if (is_https_of(url, target)) return move_to(life, std::string(target));
  if (candidate.to != target)
    candidate = {std::string(target), now, is_ours() ? 1u : 0u};
  else if (candidate.polls > 0)
    ++candidate.polls;
  candidate.since = std::min(candidate.since, now);  // the clock may have been set back
  if (candidate.polls >= kSightings && now - candidate.since >= kSightingsSpan)
    move_to(life, std::move(candidate.to));
}

void take_back_sighting(FeedLife& life, std::string_view host) {
  FeedLife::Candidate& candidate = life.candidate;
  if (candidate.polls == 0 || feeds::url_host(candidate.to) != host) return;
  if (--candidate.polls == 0) candidate = {};
}

Result<std::string> choose_linked_feed(std::string_view page,
                                       const std::vector<std::string>& linked) {
  const bool is_secure = feeds::split_url(page).scheme == "https";
  std::string plain;
  for (const std::string& url : linked) {
    Result<HttpTarget> target = parse_target(url);
    if (!target || target->url == page) continue;
    if (target->https || !is_secure) return std::move(target->url);
    if (plain.empty()) plain = std::move(target->url);
  }
  if (plain.empty())
    return Error{ErrorCode::not_found, "links to no feed: subscribe to the feed's own URL"};
  return Error{ErrorCode::not_found,
               fmt::format("links to a feed by http alone: subscribe to {}", redact_urls(plain))};
}

bool follow_candidate(FeedLife& life) {
  if (life.candidate.polls == 0) return false;
  move_to(life, std::move(life.candidate.to));
  return true;
}

}  // namespace feedwire::daemon
