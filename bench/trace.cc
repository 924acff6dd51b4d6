#include "bench/trace.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "feeds/date.h"
#include "storage/event_check.h"
#include "storage/json_members.h"
#include "storage/log_reader.h"
#include "storage/poll_ledger.h"

namespace feedwire::bench {
namespace {

using namespace std::chrono_literals;
using feeds::FeedKey;
using Minutes = std::chrono::duration<double, std::ratio<60>>;

// A date that much ahead of the poll that saw it is no date of publication; one that much before
// the poll that did not see it is that of a post which was held back.
constexpr std::chrono::minutes kAhead = 10min, kHeldBack = 24h;
constexpr std::size_t kLeastWindow = 10;

struct Post {
  WallTime at{}, seen{};
  std::optional<WallTime> before;  // the poll before the one that saw it
  bool is_dated = false;
};

struct Poll {
  WallTime at{};
  double bytes = 0;
};

struct Source {
  std::vector<Post> posts;
  std::vector<Poll> polls;
  double document_bytes = 0, unchanged_bytes = 0;
  double documents = 0, unchanged = 0;
};

using Sources = std::map<FeedKey, Source>;

std::chrono::sys_seconds second_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

std::optional<WallTime> time_member(std::string_view object, std::string_view name) {
  const auto value = storage::find_member(object, name);
  if (!value) return std::nullopt;
  const auto date = feeds::parse_date(storage::string_value(*value));
  return date ? std::optional<WallTime>(date->time) : std::nullopt;
}

std::optional<Post> read_post(std::string_view data) {
  const auto after = storage::find_member(data, "after");
  const auto ours = after ? storage::find_member(*after, "_feedwire") : std::nullopt;
  const auto bracket = ours ? storage::find_member(*ours, "bracket") : std::nullopt;
  if (!bracket) return std::nullopt;
  const std::vector<std::string_view> ends = storage::split_array(*bracket);
  const auto seen = feeds::parse_date(storage::string_value(ends.at(1)));
  const auto before = feeds::parse_date(storage::string_value(ends.at(0)));
  if (!seen) return std::nullopt;
  Post post;
  post.seen = seen->time;
  if (before) post.before = before->time;
  const std::optional<WallTime> declared = time_member(*after, "date_published");
  post.is_dated = declared && *declared <= post.seen + kAhead &&
                  (!post.before || *declared >= *post.before - kHeldBack);
  if (post.is_dated)
    post.at = std::min(*declared, post.seen);
  else if (post.before)
    post.at = *post.before + (post.seen - *post.before) / 2;
  else
    return std::nullopt;  // of a first document, and nobody knows from when
  return post;
}

Result<void> read_posts(Fs& fs, const std::filesystem::path& events_dir, Sources& sources) {
  Result<storage::LogReader> reader = storage::LogReader::open(fs, events_dir, std::nullopt);
  if (!reader) return std::move(reader).error();
  for (;;) {
    Result<std::optional<storage::LogLine>> line = reader->next();
    if (!line) return std::move(line).error();
    if (!*line) return {};
    const std::string_view text = (*line)->line.substr(0, (*line)->line.find('\n'));
    storage::EventFacts facts;
    if (const auto fault = storage::check_event(text, facts))
      return Error{ErrorCode::corrupt, fault->text};
    if (facts.type != "entry.created") continue;
    if (std::optional<Post> post = read_post(facts.data))
      sources[facts.feed].posts.push_back(*post);
  }
}

Result<void> read_polls(Fs& fs, const std::filesystem::path& ledger_dir, Sources& sources) {
  Result<std::uint64_t> skipped =
      storage::read_ledger(fs, ledger_dir, [&](const storage::PollRecord& record) {
        if (record.cause == storage::PollCause::hub) return;
        Source& source = sources[record.feed];
        const auto bytes = static_cast<double>(record.bytes);
        source.polls.push_back({record.at, bytes});
        if (record.verdict == storage::PollVerdict::document) {
          source.document_bytes += bytes;
          ++source.documents;
        } else if (record.verdict == storage::PollVerdict::unchanged) {
          source.unchanged_bytes += bytes;
          ++source.unchanged;
        }
      });
  if (!skipped) return std::move(skipped).error();
  return {};
}

// As many posts as its first document had, since nothing on record says how many one has.
std::size_t window_of(const Source& source) {
  const auto first = std::count_if(source.posts.begin(), source.posts.end(),
                                   [](const Post& post) { return !post.before; });
  return std::max(kLeastWindow, static_cast<std::size_t>(first));
}

PostingFeed feed_of(const Source& source) {
  PostingFeed feed;
  for (const Post& post : source.posts) feed.posts.push_back(post.at);
  std::sort(feed.posts.begin(), feed.posts.end());
  feed.window = window_of(source);
  feed.dated = std::any_of(source.posts.begin(), source.posts.end(),
                           [](const Post& post) { return post.is_dated; });
  feed.document_bytes = source.document_bytes / std::max(1.0, source.documents);
  feed.unchanged_bytes = source.unchanged_bytes / std::max(1.0, source.unchanged);
  return feed;
}

// What the daemon's own polls came to.
void add_recorded(const Source& source, Trace& trace) {
  const auto is_measured = [&](WallTime time) {
    return time >= trace.world.measured && time <= trace.world.end;
  };
  for (const Poll& poll : source.polls) {
    ++trace.recorded.polls;
    if (!is_measured(poll.at)) continue;
    ++trace.recorded.requests;
    ++trace.recorded.counted;
    trace.recorded.bytes += poll.bytes;
    trace.recorded.useful +=
        std::any_of(source.posts.begin(), source.posts.end(),
                    [&](const Post& post) { return second_of(post.seen) == second_of(poll.at); })
            ? 1
            : 0;
  }
  for (const Post& post : source.posts) {
    if (!post.before || !is_measured(post.at)) continue;
    ++trace.recorded.posts;
    trace.undated += post.is_dated ? 0 : 1;
    if (post.is_dated)
      trace.recorded.delays.push_back(static_cast<float>(Minutes{post.seen - post.at}.count()));
    trace.bracket_delays.push_back(
        static_cast<float>(Minutes{post.seen - *post.before}.count() / 2));
  }
}

}  // namespace

Result<Trace> read_trace(Fs& fs, const std::filesystem::path& state_dir) {
  Sources sources;
  if (Result<void> read = read_polls(fs, state_dir / "ledger", sources); !read)
    return std::move(read).error();
  if (Result<void> read = read_posts(fs, state_dir / "events", sources); !read)
    return std::move(read).error();
  std::erase_if(sources, [](const auto& item) {
    return item.second.polls.empty() || item.second.posts.empty();
  });

  Trace trace;
  World& world = trace.world;
  world.start = WallTime::max();
  for (const auto& [key, source] : sources) {
    world.start = std::min(world.start, source.polls.front().at);
    world.end = std::max(world.end, source.polls.back().at);
  }
  if (sources.empty() || world.end <= world.start)
    return Error{ErrorCode::malformed, "no feed was polled and had entries"};
  world.measured =
      world.start + std::min<std::chrono::microseconds>((world.end - world.start) / 4, kWarmUp);
  for (const auto& [key, source] : sources) {
    world.feeds.push_back(feed_of(source));
    add_recorded(source, trace);
  }
  trace.recorded.requests /= world.measured_days() * static_cast<double>(world.feeds.size());
  return trace;
}

}  // namespace feedwire::bench
