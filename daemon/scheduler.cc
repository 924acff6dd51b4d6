#include "daemon/scheduler.h"

#include <algorithm>
#include <cassert>
#include <functional>

#include "base/hash.h"
#include "feeds/url.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;

namespace {

constexpr double kMostLoad = 0.8;  // of what a host's gap allows: answers take their time too

}  // namespace

Scheduler::NameKey Scheduler::name_key(std::string_view name) {
  return sha256_128({name}).prefix();
}

Scheduler::Host& Scheduler::host_of(std::string_view name) {
  const auto [place, fresh] = hosts_.try_emplace(name_key(name));
  if (fresh) place->second.domain = &domains_[name_key(feeds::registrable_domain(name))];
  return place->second;
}

void Scheduler::reserve(std::size_t feeds) {
  feeds_.reserve(feeds_.size() + feeds);
  timers_.reserve(timers_.size() + feeds);
  hosts_.reserve(hosts_.size() + feeds);
  domains_.reserve(domains_.size() + feeds);
}

void Scheduler::add_timer(const Timer& timer) {
  timers_.push_back(timer);
  std::push_heap(timers_.begin(), timers_.end(), std::greater<>());
}

MonoTime Scheduler::ready_time(const Host& host) const {
  return std::max(host.ready, host.domain->ready);
}

void Scheduler::set_host_timer(Host& host) {
  if (host.busy || host.timer_set || host.waiting.empty()) return;
  add_timer({ready_time(host), &host});
  host.timer_set = true;
}

std::uint32_t Scheduler::next_generation() {
  if (++last_generation_ == 0) ++last_generation_;  // which is a host's
  return last_generation_;
}

void Scheduler::schedule(FeedKey key, const std::string& host, MonoTime due) {
  Feed& feed = feeds_[key];
  if (feed.state == State::taken) return;
  feed.host = &host_of(host);
  feed.state = State::timed;
  feed.generation = next_generation();
  add_timer({due, key, feed.generation});
}

void Scheduler::park(FeedKey key, const std::string& host) {
  Feed& feed = feeds_[key];
  assert(feed.state != State::taken);
  feed.host = &host_of(host);
  feed.state = State::parked;
  feed.generation = next_generation();
}

void Scheduler::remove(FeedKey key) {
  const auto feed = feeds_.find(key);
  if (feed == feeds_.end()) return;
  assert(feed->second.state != State::taken);
  feeds_.erase(feed);
}

std::optional<FeedKey> Scheduler::take_waiting(Host& host, MonoTime now) {
  if (host.busy) return std::nullopt;
  while (!host.waiting.empty()) {
    if (ready_time(host) > now) {
      set_host_timer(host);
      return std::nullopt;
    }
    const FeedKey key = host.waiting.front();
    host.waiting.erase(host.waiting.begin());  // one a gap: even thousands are no burden
    if (host.waiting.empty()) host.waiting.shrink_to_fit();
    const auto feed = feeds_.find(key);
    // Removed or scheduled anew while it waited.
    if (feed == feeds_.end() || feed->second.state != State::waiting || feed->second.host != &host)
      continue;
    feed->second.state = State::taken;
    host.busy = true;
    host.domain->ready = std::max(host.domain->ready, now + pace_.domain_gap);
    return key;
  }
  return std::nullopt;
}

std::optional<FeedKey> Scheduler::take_due(MonoTime now) {
  while (!timers_.empty() && timers_.front().at <= now) {
    const Timer timer = timers_.front();
    std::pop_heap(timers_.begin(), timers_.end(), std::greater<>());
    timers_.pop_back();
    Host* host = nullptr;
    if (timer.generation == 0) {
      host = timer.host;
      host->timer_set = false;
    } else {
      const auto feed = feeds_.find(timer.feed);
      if (feed == feeds_.end() || feed->second.generation != timer.generation ||
          feed->second.state != State::timed)
        continue;
      feed->second.state = State::waiting;
      host = feed->second.host;
      host->waiting.push_back(timer.feed);
    }
    if (const std::optional<FeedKey> taken = take_waiting(*host, now)) return taken;
  }
  return std::nullopt;
}

std::chrono::microseconds Scheduler::gap_of(Host& host, MonoTime now) const {
  for (; host.gap > pace_.host_gap && now - host.gap_changed >= 24h; host.gap_changed += 24h)
    host.gap /= 2;
  return std::max<std::chrono::microseconds>(host.gap, pace_.host_gap);
}

void Scheduler::widen_gap(FeedKey key, MonoTime now) {
  Host& host = *feeds_.at(key).host;
  // An operator may have asked for none at all, which doubled is none.
  const auto wider = std::clamp<std::chrono::microseconds>(2 * gap_of(host, now), 1s, kMostHostGap);
  host.gap = std::chrono::duration_cast<decltype(host.gap)>(wider);
  host.gap_changed = now;
}

std::chrono::microseconds Scheduler::host_gap(FeedKey key, MonoTime now) {
  return gap_of(*feeds_.at(key).host, now);
}

void Scheduler::recall_gap(const std::string& name, std::chrono::microseconds gap, MonoTime since) {
  Host& host = host_of(name);
  if (host.gap.count() > 0 && host.gap_changed >= since) return;  // another feed knows better
  host.gap = std::chrono::duration_cast<decltype(host.gap)>(std::min(gap, kMostHostGap));
  host.gap_changed = since;
}

void Scheduler::add_load(FeedKey key, double requests_a_day) {
  feeds_.at(key).host->load += requests_a_day;
}

double Scheduler::stretch(FeedKey key) const {
  const Host& host = *feeds_.at(key).host;
  const std::chrono::duration<double> gap =
      std::max<std::chrono::microseconds>(host.gap, pace_.host_gap);
  return std::max(1.0, host.load * gap.count() / (86400 * kMostLoad));
}

bool Scheduler::is_asked_again_soon(FeedKey key) const {
  constexpr double kOnceAMinute = 24 * 60;  // requests a day
  const Host& host = *feeds_.at(key).host;
  return !host.waiting.empty() || host.load >= kOnceAMinute;
}

void Scheduler::release(FeedKey key, MonoTime now) {
  const auto feed = feeds_.find(key);
  assert(feed != feeds_.end() && feed->second.state == State::taken);
  feed->second.state = State::parked;
  Host& host = *feed->second.host;
  host.busy = false;
  host.ready = now + gap_of(host, now);
  host.domain->ready = std::max(host.domain->ready, now + pace_.domain_gap);
  set_host_timer(host);
}

void Scheduler::note_request(const std::string& name, MonoTime at) {
  Host& host = host_of(name);
  host.ready = std::max(host.ready, at + gap_of(host, at));
  host.domain->ready = std::max(host.domain->ready, at + pace_.domain_gap);
}

std::optional<MonoTime> Scheduler::next_wakeup() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.front().at;
}

}  // namespace feedwire::daemon
