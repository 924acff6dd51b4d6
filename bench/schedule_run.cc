#include "bench/schedule_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "base/hash.h"
#include "base/rng.h"
#include "daemon/poll_stage.h"
#include "feeds/feed.h"
#include "feeds/keys.h"

namespace feedwire::bench {
namespace {

using namespace std::chrono_literals;
using daemon::FeedKey;
using std::chrono::microseconds;
using Minutes = std::chrono::duration<double, std::ratio<60>>;

bool is_measured(const World& world, WallTime time) {
  return time >= world.measured && time < world.end;
}

void finish(ScheduleResult& result, const World& world) {
  result.requests /= world.measured_days() * static_cast<double>(world.feeds.size());
}

/// What the feeds' servers and the parser that reads their documents have in common. A body says
/// how many posts the feed has made so far.
class Sites {
 public:
  Sites(const World& world, ScheduleResult& result) : result_(result) {
    for (std::size_t i = 0; i < world.feeds.size(); ++i) {
      const PostingFeed& feed = world.feeds[i];
      sites_.emplace(feeds::feed_key(url(i)), Site{&feed, Reader(world, feed, result), {}, 0});
    }
  }

  static std::string url(std::size_t feed) { return fmt::format("http://h{0}.example/{0}", feed); }

  std::vector<std::uint64_t> window_hashes(FeedKey key) const {
    const Site& site = sites_.at(key);
    std::vector<std::uint64_t> hashes;
    for (std::size_t n = first_shown(site, site.read); n < site.read; ++n) hashes.push_back(n + 1);
    return hashes;
  }

  daemon::HttpResponse answer(const daemon::HttpRequest& request, WallTime now);
  feeds::Feed read(const daemon::ParseJob& job);

 private:
  struct Site {
    const PostingFeed* feed;
    Reader reader;
    WallTime last_poll{};
    std::size_t read = 0;  // posts up to the last document that was read
  };

  static std::size_t first_shown(const Site& site, std::size_t posts) {
    return posts - std::min(posts, site.feed->window);
  }

  ScheduleResult& result_;
  std::map<FeedKey, Site> sites_;
};

// The least time between two polls, from what the feed says and really does. The scheduler, which
// knows less, takes a feed for a fast one at 24 entries a day, half way between the rates of a
// month and of some days.
microseconds least_gap(const PostingFeed& feed, WallTime now) {
  const auto is_short = [](std::chrono::seconds span) { return span > 0s && span <= 15min; };
  const auto posts_a_day = [&](int days) {
    return static_cast<double>(feed.posted(now) - feed.posted(now - days * 24h)) / days;
  };
  const bool may_be_fast =
      is_short(feed.max_age) || is_short(feed.ttl) || posts_a_day(28) >= 12 || posts_a_day(3) >= 24;
  const std::chrono::seconds floor = may_be_fast ? 15min : 60min;
  return std::max({floor, feed.max_age, feed.ttl});
}

daemon::HttpResponse Sites::answer(const daemon::HttpRequest& request, WallTime now) {
  Site& site = sites_.at(request.id);
  if (site.last_poll != WallTime{} && now - site.last_poll < least_gap(*site.feed, now))
    ++result_.early;
  site.last_poll = now;
  site.reader.poll(now);

  daemon::HttpResponse response;
  response.id = request.id;
  response.final_url = request.url;
  response.sent_validators = !request.etag.empty();
  const std::string posts = fmt::format("{}", site.feed->posted(now));
  if (site.feed->max_age > 0s)
    response.headers.emplace_back("cache-control",
                                  fmt::format("max-age={}", site.feed->max_age.count()));
  response.headers.emplace_back("etag", posts);
  response.status = request.etag == posts ? 304 : 200;
  if (response.status == 200) response.body = posts;
  return response;
}

feeds::Feed Sites::read(const daemon::ParseJob& job) {
  Site& site = sites_.at(job.id);
  const std::size_t posts = std::stoul(job.body);
  feeds::FeedInfo info;
  info.json = R"({"_feedwire":{}})";
  if (site.feed->ttl > 0s) info.ttl_minutes = static_cast<std::uint32_t>(site.feed->ttl / 1min);
  std::vector<feeds::Entry> entries;
  for (std::size_t n = posts; n-- > first_shown(site, posts);) {
    feeds::Entry entry;
    entry.raw_hash = n + 1;
    entry.unchanged = n < site.read;
    if (!entry.unchanged) entry.json = R"({"_feedwire":{}})";
    if (site.feed->dated)
      entry.published = std::chrono::floor<std::chrono::seconds>(site.feed->posts[n]);
    entries.push_back(std::move(entry));
  }
  site.read = posts;
  return feeds::Feed::check(feeds::flatten(info, entries)).value();
}

class Servers : public daemon::Transport {
 public:
  explicit Servers(Sites& sites) : sites_(sites) {}
  void start(daemon::HttpRequest request) override { requests_.push_back(std::move(request)); }
  std::size_t free_places() const override { return 64 - requests_.size(); }
  std::vector<daemon::HttpResponse> step(Now now) override {
    std::vector<daemon::HttpResponse> answers;
    for (const daemon::HttpRequest& request : std::exchange(requests_, {}))
      answers.push_back(sites_.answer(request, now.wall));
    return answers;
  }
  bool idle() const { return requests_.empty(); }

 private:
  Sites& sites_;
  std::vector<daemon::HttpRequest> requests_;
};

class Parser : public daemon::ParserPort {
 public:
  explicit Parser(Sites& sites) : sites_(sites) {}
  void submit(daemon::ParseJob job) override { jobs_.push_back(std::move(job)); }
  std::size_t free_places(std::size_t) const override { return 64 - jobs_.size(); }
  std::vector<daemon::ParseDone> step(Now) override {
    std::vector<daemon::ParseDone> done;
    for (const daemon::ParseJob& job : std::exchange(jobs_, {}))
      done.push_back({job.id, sites_.read(job)});
    return done;
  }
  bool idle() const { return jobs_.empty(); }

 private:
  Sites& sites_;
  std::vector<daemon::ParseJob> jobs_;
};

std::vector<daemon::Subscription> subscribe_all(std::size_t feeds) {
  std::vector<daemon::Subscription> list(feeds);
  for (std::size_t i = 0; i < feeds; ++i) {
    list[i].ref.url = Sites::url(i);
    list[i].ref.key = feeds::feed_key(list[i].ref.url);
  }
  return list;
}

double week_count(const PostingFeed& feed, WeekCount count, WallTime now) {
  const std::size_t first = feed.posted(now - 7 * 24h), end = feed.posted(now);
  if (count == WeekCount::entries) return static_cast<double>(end - first);
  if (end - first < 2) return 0;
  const Minutes gaps = feed.posts[end - 1] - feed.posts[first];
  return std::ceil(Minutes{7 * 24h} / gaps * static_cast<double>(end - first - 1));
}

}  // namespace

double ScheduleResult::useful_share() const {
  return counted > 0 ? static_cast<double>(useful) / static_cast<double>(counted) : 0;
}

double ScheduleResult::mean_delay() const {
  return std::accumulate(delays.begin(), delays.end(), 0.0) / static_cast<double>(delays.size());
}

double ScheduleResult::percentile(double share) const {
  std::vector<float> sorted = delays;
  const auto place =
      sorted.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), place, sorted.end());
  return *place;
}

void Reader::poll(WallTime time) {
  ++result_.polls;
  const std::size_t posts = feed_.posted(time);
  if (is_measured(world_, time)) {
    ++result_.requests;
    ++result_.counted;
    result_.useful += posts > seen_ ? 1 : 0;
    result_.bytes += posts > seen_ ? feed_.document_bytes : feed_.unchanged_bytes;
  }
  for (; seen_ < posts; ++seen_) {
    const WallTime post = feed_.posts[seen_];
    if (!is_measured(world_, post)) continue;
    ++result_.posts;
    if (posts - seen_ > feed_.window)
      ++result_.lost;
    else
      result_.delays.push_back(static_cast<float>(Minutes{time - post}.count()));
  }
}

ScheduleResult run_feedwire(const World& world, double budget, std::uint64_t seed) {
  ScheduleResult result;
  Sites sites(world, result);
  Servers servers(sites);
  Parser parser(sites);
  SeededRng rng(seed);
  std::vector<FeedKey> committed;
  daemon::PollOptions options;
  options.budget = budget;
  daemon::PollStage stage(
      options, servers, parser,
      {[&](FeedKey feed) { return sites.window_hashes(feed); },
       [](FeedKey, const feeds::Feed&) { return Result<bool>(true); }},
      [&](storage::PollOutcome& outcome) {
        committed.push_back(outcome.feed);
        return true;
      },
      rng);
  Now now{world.start, MonoTime{1h}};
  stage.set_feeds(subscribe_all(world.feeds.size()), {}, {}, now);
  while (now.wall < world.end) {
    do {
      stage.step(now);
      for (const FeedKey feed : std::exchange(committed, {})) stage.committed(feed, now);
    } while (!servers.idle() || !parser.idle());
    const MonoTime next = std::max(stage.next_wakeup().value(), now.mono + 1us);
    now = now + (next - now.mono);
  }
  finish(result, world);
  return result;
}

ScheduleResult run_fixed(const World& world, microseconds interval, std::uint64_t seed) {
  ScheduleResult result;
  SeededRng rng(seed);
  for (const PostingFeed& feed : world.feeds) {
    Reader reader(world, feed, result);
    const double phase = rng.uniform(0, static_cast<double>(interval.count()));
    WallTime at = world.start + microseconds{std::llround(phase)};
    for (; at < world.end; at += interval) reader.poll(at);
  }
  finish(result, world);
  return result;
}

namespace {

// Polls each feed when `minutes_after` says, which is asked after each poll.
template <typename MinutesAfter>
ScheduleResult run_by_interval(const World& world, std::uint64_t seed, MinutesAfter minutes_after) {
  ScheduleResult result;
  SeededRng rng(seed);
  for (const PostingFeed& feed : world.feeds) {
    Reader reader(world, feed, result);
    WallTime at = world.start + microseconds{std::llround(rng.uniform(0, 3.6e9))};
    while (at < world.end) {
      reader.poll(at);
      at += std::chrono::round<microseconds>(Minutes{minutes_after(feed, at)});
    }
  }
  finish(result, world);
  return result;
}

}  // namespace

ScheduleResult run_entry_frequency(const World& world, WeekCount count, double factor,
                                   std::uint64_t seed) {
  constexpr double kWeekMinutes = 10'080, kLeastMinutes = 5, kMostMinutes = 1440;
  return run_by_interval(world, seed, [=](const PostingFeed& feed, WallTime at) {
    // Of no entries: division by zero, and the longest interval.
    return std::clamp(kWeekMinutes / (week_count(feed, count, at) * factor), kLeastMinutes,
                      kMostMinutes);
  });
}

ScheduleResult run_commafeed(const World& world, std::uint64_t seed) {
  constexpr double kLeastMinutes = 5, kMostMinutes = 240, kFactor = 2;
  return run_by_interval(world, seed, [=](const PostingFeed& feed, WallTime at) {
    const std::size_t end = feed.posted(at);
    const std::size_t shown = std::min(feed.window, end);
    if (shown == 0) return kMostMinutes;
    const WallTime last = feed.posts[end - 1];
    if (at - last > 30 * 24h) return kMostMinutes;
    if (at - last > 14 * 24h) return kMostMinutes / 2;
    if (at - last > 7 * 24h) return kMostMinutes / 4;
    if (shown == 1) return kMostMinutes;
    const Minutes gaps = last - feed.posts[end - shown];
    return std::clamp(gaps.count() / static_cast<double>(shown - 1) / kFactor, kLeastMinutes,
                      kMostMinutes);
  });
}

}  // namespace feedwire::bench
