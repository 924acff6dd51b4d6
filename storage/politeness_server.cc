// The part of PolitenessCheck that looks at who was asked, with what, and by whom else.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/ip_network.h"
#include "feeds/date.h"
#include "storage/event.h"
#include "storage/politeness.h"

namespace feedwire::storage {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr microseconds kWeek = 7 * 24h, kDay = 24h;
constexpr unsigned kTurns = 4;
constexpr int kDistantYear = 2038;

// Networks in which no publisher lives (security S1).
const std::vector<IpNetwork>& private_networks() {
  static const std::vector<IpNetwork> kNetworks = [] {
    std::vector<IpNetwork> networks;
    for (const char* const cidr :
         {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
          "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
          "198.51.100.0/24", "224.0.0.0/3", "203.0.113.0/24", "::/128", "::1/128", "fc00::/7",
          "fe80::/10", "ff00::/8"})
      networks.push_back(IpNetwork::parse(cidr).value());
    return networks;
  }();
  return kNetworks;
}

bool is_private(const IpAddress& address) {
  const std::vector<IpNetwork>& networks = private_networks();
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

// Whether the operator's word, `allowed_by`, covers the address.
bool is_allowed(const IpAddress& address, const std::string& allowed_by) {
  const Result<IpNetwork> network = IpNetwork::parse(allowed_by);
  return network && network->contains(address);
}

// The highest number of four digits in a date: more is forgiven than a daemon should doubt.
int year_in(std::string_view date) {
  int year = 0;
  for (std::size_t at = 0; at + 4 <= date.size(); ++at) {
    int number = 0;
    const char* const begin = date.data() + at;
    const bool is_alone = at == 0 || date[at - 1] < '0' || date[at - 1] > '9';
    const auto [end, error] = std::from_chars(begin, date.data() + date.size(), number);
    if (is_alone && error == std::errc{} && end == begin + 4 && *begin != '-')
      year = std::max(year, number);
  }
  return year;
}

bool lies_ahead(std::string_view date, WallTime now) {
  const auto parsed = feeds::parse_date(date);
  if (parsed && parsed->time <= now) return false;
  return year_in(date) >= kDistantYear || (parsed && parsed->time > now + kDay);
}

bool is_answer(const PollRecord& record) {
  return record.verdict == PollVerdict::document || record.verdict == PollVerdict::unchanged;
}

}  // namespace

void PolitenessCheck::check_cookie(const PollRecord& record) {
  if (record.sent_cookie) report("H-05", record, "a cookie was sent that a server had set");
}

void PolitenessCheck::check_peers(const PollRecord& record) {
  const auto check = [&](const PollRecord::Peer& peer) {
    const Result<IpAddress> address = IpAddress::parse(peer.address);
    if (!address || !is_private(*address) || is_allowed(*address, peer.allowed_by)) return;
    report(
        "H-68", record,
        fmt::format("{} was asked, which is private, and {}", peer.address,
                    peer.allowed_by.empty() ? "no `allow` names it" : "not in " + peer.allowed_by));
  };
  for (const PollRecord::Hop& hop : record.hops) check(hop.peer);
  check(record.peer);
}

// H-69. That another feed takes over at a place happens: the one before was paused, or removed. Who
// asks in turns was not seen to be one.
void PolitenessCheck::check_shared_place(const PollRecord& record) {
  if (record.cause != PollCause::schedule || record.verdict == PollVerdict::offline) return;
  if (record.place == 0 && !shared_.contains(record.feed)) return;
  Shared& place = shared_[record.place != 0 ? record.place : record.feed];
  if (place.last == record.feed) {
    place.turns = 0;
    return;
  }
  place.turns = place.before == record.feed ? place.turns + 1 : 1;
  place.before = std::exchange(place.last, record.feed);
  if (place.turns < kTurns) return;
  report("H-69", record, fmt::format("{} is polled there, too", feed_id(place.before)));
  place.turns = 0;
}

// H-20: the request went without the validators that there are.
void PolitenessCheck::check_doubt(const Feed& feed, const PollRecord& record) {
  if (feed.is_whole && !feed.is_doubtful)
    report("H-20", record, "its validators were left out, against which nothing speaks");
  else if (feed.whole_at != WallTime{} && record.at >= feed.whole_at &&
           record.at - feed.whole_at < kWeek)
    report("H-20", record,
           fmt::format("its validators were left out, as if there were none since {}",
                       format_time(feed.whole_at)));
}

// Before the validators of the answer are learned.
void PolitenessCheck::note_doubt(Feed& feed, const PollRecord& record) {
  const bool conditional = !record.if_none_match.empty() || !record.if_modified_since.empty();
  const bool is_whole = is_answer(record) && record.status != 304;
  if (is_whole || (record.status != 0 && !conditional)) feed.whole_at = record.at;
  if (!is_answer(record)) return;
  const bool keeps = record.status == 304 && record.last_modified.empty();
  const bool ahead = lies_ahead(keeps ? feed.last_modified : record.last_modified, record.at);
  const std::string& etag = record.status == 304 && record.etag.empty() ? feed.etag : record.etag;
  const bool is_same = feed.knows_validators && !etag.empty() && etag == feed.etag;
  const bool is_new = record.verdict == PollVerdict::document;
  const bool was_doubtful = feed.is_doubtful && !feed.is_ahead;
  feed.is_ahead = ahead;
  feed.is_doubtful =
      ahead || (is_same && (is_new ? record.final_url == feed.validators_url : was_doubtful));
}

}  // namespace feedwire::storage
