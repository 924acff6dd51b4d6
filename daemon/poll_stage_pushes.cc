// What hubs send to the poll stage (http.md W-2, W-6, W-8): signed documents, which go through the
// parsers and to the store as those of polls do, but touch neither window nor schedule.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>

#include "base/hash.h"
#include "daemon/body_decoder.h"
#include "daemon/log_feed.h"
#include "daemon/log_text.h"
#include "daemon/poll_stage.h"
#include "daemon/websub_policy.h"
#include "feeds/ascii.h"

namespace feedwire::daemon {
namespace {

// Of one feed, that wait for the parsers or the store, and of all feeds together. A hub that is
// told to come again does (WebSub 7).
constexpr std::size_t kMaxPushes = 16;
constexpr std::uint64_t kMaxPushBytes = 64 << 20;
// By what pushed entries are remembered until the next poll, each by several keys.
constexpr std::size_t kMaxKnown = 4096;

constexpr std::uint64_t kMaxRatio = 200;  // decoded : wire, beyond the first MiB

constexpr int kTaken = 202, kNotFound = 404, kUnsupported = 415;

bool is_decodable(std::string_view coding) {
  return coding.empty() || feeds::iequals_ascii(coding, "identity") ||
         feeds::iequals_ascii(coding, "gzip") || feeds::iequals_ascii(coding, "x-gzip");
}

}  // namespace

void PollStage::note_forged_push(HubErrand& errand, Now now) {
  Feed& feed = feeds_.at(errand.feed);
  const std::uint64_t count = ++feed.row.hub->bad_pushes;
  // Neither the log nor the store is to be filled by it.
  if (!std::has_single_bit(count)) return;
  SPDLOG_WARN("push with a wrong signature url={} hub={} count={}", log_feed(feed.subscription.ref),
              log_value(feed.row.hub->hub), count);
  keep_hub(errand.feed, feed, now);
}

void PollStage::take_push(CallbackRequest request, CallbackAnswer answer, Now now) {
  const auto place = find_errand(request.token);
  if (place == hubs_.end() || place->second.leaving) return std::move(answer)({kNotFound});
  HubErrand& errand = place->second;
  Feed& feed = feeds_.at(errand.feed);
  storage::HubSubscription& hub = *feed.row.hub;
  if (!is_signed(hub, request.signature, request.body)) {
    note_forged_push(errand, now);
    return std::move(answer)({kTaken});  // an error would make an honest hub come again (W-2)
  }
  if (!is_decodable(request.content_encoding)) return std::move(answer)({kUnsupported});
  if (paused_ || errand.pushes.size() >= kMaxPushes || push_bytes_ >= kMaxPushBytes)
    return std::move(answer)({CallbackAnswer::kComeAgain});
  // With no coding it looks for gzip itself.
  BodyDecoder decoder(ContentCoding::identity, {options_.max_body_bytes, kMaxRatio});
  TransportError error = decoder.add(request.body);
  if (error == TransportError::none) error = decoder.finish();
  if (error != TransportError::none) {
    SPDLOG_INFO("push cannot be read url={} error={}", log_feed(feed.subscription.ref),
                to_string(error));
    return std::move(answer)({kTaken});
  }
  hub.last_push = now.wall;
  ++hub.pushes;
  errand.pushes.push_back(
      {now.wall, std::move(request.content_type), decoder.take_body(), std::move(answer)});
  push_bytes_ += errand.pushes.back().body.size();
  if (std::find(pushed_.begin(), pushed_.end(), place->first) == pushed_.end())
    pushed_.push_back(place->first);
}

void PollStage::serve_pushes() {
  std::erase_if(pushed_, [this](FeedKey id) {
    const auto place = hubs_.find(id);
    if (place == hubs_.end()) return true;
    HubErrand& errand = place->second;
    if (errand.leaving) return true;
    serve_push(id, errand);
    return errand.pushes.empty() && !errand.push;
  });
}

void PollStage::serve_push(FeedKey id, HubErrand& errand) {
  if (errand.parsed) commit_push(errand);
  if (errand.push || errand.pushes.empty() ||
      parsers_.free_places(errand.pushes.front().body.size()) == 0)
    return;
  const Feed& feed = feeds_.at(errand.feed);
  HubPush& push = errand.push.emplace(std::move(errand.pushes.front()));
  errand.pushes.pop_front();
  push_bytes_ -= push.body.size();
  ParseJob job = job_of(errand.feed, feed);
  job.id = id;
  // As with a poll, so that relative links lead to the same pages.
  job.request.source.url =
      feed.row.validators_url.empty() ? place_of(feed) : feed.row.validators_url;
  job.request.source.content_type = std::move(push.content_type);
  job.body = std::move(push.body);
  parsers_.submit(std::move(job));
}

void PollStage::take_parsed_push(Hubs::iterator place, ParseDone done) {
  HubErrand& errand = place->second;
  if (errand.leaving) return;
  if (done.feed) {
    errand.parsed = std::move(*done.feed);
    return;
  }
  SPDLOG_INFO("push is no document url={} error={}",
              log_feed(feeds_.at(errand.feed).subscription.ref),
              log_value(done.feed.error().message));
  std::move(errand.push->answer)({kTaken});
  errand.push.reset();
}

// W-6: entries and nothing else. One outcome of a feed at a time goes to the store, and what a poll
// has begun comes first.
void PollStage::commit_push(HubErrand& errand) {
  Feed& feed = feeds_.at(errand.feed);
  if (feed.phase != Phase::scheduled || feed.cause != storage::PollCause::schedule ||
      !backlog_.empty())
    return;
  const int fresh = remember_pushed(errand, *errand.parsed);
  judge_hub(*feed.row.hub, fresh, 0, errand.push->at);
  scheduler_.park(errand.feed, feed.host);
  keep_row(errand.feed, feed, errand.push->at);
  backlog_.back().document = std::exchange(errand.parsed, std::nullopt);
  backlog_.back().partial = true;
  pushers_.emplace(errand.feed, std::move(errand.push->answer));
  errand.push.reset();
}

// A hub that hears nothing sends its push again, so that what is said to it outlives us.
void PollStage::answer_pusher(FeedKey key) {
  if (auto waiting = pushers_.extract(key)) std::move(waiting.mapped())({kTaken});
}

// Returns how many of the document's entries are new since the last poll.
int PollStage::remember_pushed(HubErrand& errand, const feeds::Feed& document) {
  int fresh = 0;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const feeds::EntryView entry = document.entry(i);
    if (entry.unchanged) continue;
    bool is_new = true;
    for (const Hash128& key : entry.keys.hashes) {
      if (!key) continue;
      if (std::find(errand.known.begin(), errand.known.end(), key.prefix()) != errand.known.end())
        is_new = false;
      else
        errand.known.push_back(key.prefix());
    }
    fresh += is_new ? 1 : 0;
  }
  while (errand.known.size() > kMaxKnown) errand.known.pop_front();
  return fresh;
}

// W-8: entries that a backup poll is the first to find, although their hub has had the time to push
// them. Such without a date prove nothing.
void PollStage::judge_by_poll(Feed& feed, storage::PollRow& row, const feeds::Feed& document) {
  const auto place = hubs_.find(row.hub->token.prefix());
  if (place == hubs_.end()) return;
  HubErrand& errand = place->second;
  const WallTime since = std::max({errand.since, row.hub->confirmed, feed.row.last_success});
  const WallTime until = feed.fetched_at - kPushPatience;
  int missed = 0;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const feeds::EntryView entry = document.entry(i);
    if (entry.unchanged || !entry.published || *entry.published < since || *entry.published > until)
      continue;
    const bool is_known =
        std::any_of(entry.keys.hashes.begin(), entry.keys.hashes.end(), [&](const Hash128& key) {
          return key && std::find(errand.known.begin(), errand.known.end(), key.prefix()) !=
                            errand.known.end();
        });
    missed += is_known ? 0 : 1;
  }
  errand.known.clear();
  if (feed.cause != storage::PollCause::schedule || !is_covered(feed)) return;
  if (!judge_hub(*row.hub, 0, missed, feed.fetched_at)) return;
  SPDLOG_WARN("hub has not pushed what the feed has, and is not relied on url={} hub={} missed={}",
              log_feed(feed.subscription.ref), log_value(row.hub->hub),
              storage::hub_misses(*row.hub));
  feed.row.hub = row.hub;
  end_coverage(feed, row, feed.fetched_at);
}

}  // namespace feedwire::daemon
