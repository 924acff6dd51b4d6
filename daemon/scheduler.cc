#include "daemon/scheduler.h"

#include <algorithm>
#include <cassert>

#include "feeds/url.h"

namespace feedwire::daemon {

using namespace std::chrono_literals;

namespace {

constexpr double kMostLoad = 0.8;  // of what a host's gap allows: answers take their time too

}  // namespace

FeedKey Scheduler::FeedQueue::pop() {
  const FeedKey feed = feeds_[taken_++];
  if (taken_ == feeds_.size()) {
    feeds_ = {};
    taken_ = 0;
  } else if (2 * taken_ > feeds_.size()) {
    feeds_.erase(feeds_.begin(), feeds_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
  }
  return feed;
}

Scheduler::Host& Scheduler::host_of(const std::string& name) {
  const auto [place, fresh] = hosts_.try_emplace(name);
  if (fresh) place->second.domain = &domains_[feeds::registrable_domain(name)];
  return place->second;
}

MonoTime Scheduler::ready_time(const Host& host) const {
  return std::max(host.ready, host.domain->ready);
}

void Scheduler::set_host_timer(Host& host) {
  if (host.busy || host.timer_set || host.waiting.empty()) return;
  timers_.push({ready_time(host), 0, &host, 0});
  host.timer_set = true;
}

void Scheduler::schedule(FeedKey key, const std::string& host, MonoTime due) {
  Feed& feed = feeds_[key];
  if (feed.state == State::taken) return;
  feed.host = &host_of(host);
  feed.state = State::timed;
  feed.generation = ++last_generation_;
  timers_.push({due, key, nullptr, feed.generation});
}

void Scheduler::park(FeedKey key, const std::string& host) {
  Feed& feed = feeds_[key];
  assert(feed.state != State::taken);
  feed.host = &host_of(host);
  feed.state = State::parked;
  feed.generation = ++last_generation_;
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
    const FeedKey key = host.waiting.pop();
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
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    Host* host = timer.host;
    if (host != nullptr) {
      host->timer_set = false;
    } else {
      const auto feed = feeds_.find(timer.feed);
      if (feed == feeds_.end() || feed->second.generation != timer.generation ||
          feed->second.state != State::timed)
        continue;
      feed->second.state = State::waiting;
      host = feed->second.host;
      host->waiting.push(timer.feed);
    }
    if (const std::optional<FeedKey> taken = take_waiting(*host, now)) return taken;
  }
  return std::nullopt;
}

std::chrono::microseconds Scheduler::gap_of(Host& host, MonoTime now) const {
  for (; host.gap > pace_.host_gap && now - host.gap_changed >= 24h; host.gap_changed += 24h)
    host.gap /= 2;
  return std::max(host.gap, pace_.host_gap);
}

void Scheduler::widen_gap(FeedKey key, MonoTime now) {
  Host& host = *feeds_.at(key).host;
  // An operator may have asked for none at all, which doubled is none.
  host.gap = std::clamp<std::chrono::microseconds>(2 * gap_of(host, now), 1s, kMostHostGap);
  host.gap_changed = now;
}

void Scheduler::add_load(FeedKey key, double requests_a_day) {
  feeds_.at(key).host->load += requests_a_day;
}

double Scheduler::stretch(FeedKey key) const {
  const Host& host = *feeds_.at(key).host;
  const std::chrono::duration<double> gap = std::max(host.gap, pace_.host_gap);
  return std::max(1.0, host.load * gap.count() / (86400 * kMostLoad));
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
  host.ready = std::max(host.ready, at + pace_.host_gap);
  host.domain->ready = std::max(host.domain->ready, at + pace_.domain_gap);
}

std::optional<MonoTime> Scheduler::next_wakeup() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.top().at;
}

}  // namespace feedwire::daemon
