// Which feeds the daemon has: those of the configuration, read again at a reload, and what the
// operator changes at run time. All of it happens on the main thread, one after the other.

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/environment.h"
#include "daemon/credentials.h"
#include "daemon/daemon.h"
#include "daemon/feed_orders.h"
#include "daemon/log.h"
#include "daemon/log_text.h"
#include "daemon/settings.h"

namespace feedwire::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kStorePatience{250};  // then the main loop's duties are due

}  // namespace

template <typename Made>
Made Daemon::in_store(std::function<Result<Made>(storage::Store&)> work) {
  auto promise = std::make_shared<std::promise<Made>>();
  std::future<Made> made = promise->get_future();
  StoreTask task = [work = std::move(work), promise](storage::Store& store) -> Result<void> {
    Result<Made> result = work(store);
    if (!result) return std::move(result).error();  // ends the process
    promise->set_value(std::move(*result));
    return {};
  };
  while (!store_thread_->offer(task)) {
    tick();
    std::this_thread::sleep_for(kStorePatience / 10);
  }
  promise.reset();
  while (made.wait_for(kStorePatience) != std::future_status::ready) tick();
  return made.get();
}

Result<Daemon::Polled> Daemon::subscribe(const config::Config& config) {
  Polled polled{subscriptions(config), {}};
  std::vector<storage::FeedRef> refs;
  refs.reserve(polled.feeds.size());
  for (const Subscription& subscription : polled.feeds) refs.push_back(subscription.ref);
  struct Known {
    Result<PollRows> rows;
    std::vector<storage::OperatorFeed> feeds;
  };
  Known known = in_store<Known>([refs = std::move(refs)](storage::Store& store) -> Result<Known> {
    if (Result<void> done = store.subscribe(refs); !done) return std::move(done).error();
    return Known{store.poll_rows(), store.operator_feeds()};
  });
  if (!known.rows) return std::move(known.rows).error();
  polled.rows = std::move(*known.rows);
  for (const std::size_t place : join_operator_feeds(polled.feeds, known.feeds))
    SPDLOG_INFO(
        "a feed that was added at run time is configured as well, so these settings hold "
        "url={} at={}",
        log_value(config.feeds[place].url), log_value(config.feeds[place].origin));
  return polled;
}

Result<ReloadResult> Daemon::apply(config::Config fresh) {
  Result<Polled> polled = subscribe(fresh);
  if (!polled) return std::move(polled).error();
  const std::uint64_t count = polled->feeds.size();
  poll_->set_feeds(std::move(polled->feeds), std::move(polled->rows));
  if (Result<void> level = set_log_level(fresh.log.level); !level) return std::move(level).error();
  const bool needs_restart = !fresh.same_settings(config_);
  if (needs_restart)
    SPDLOG_WARN("only feeds and log.level are reloaded; restart feedwired for the other changes");
  config_.feeds = std::move(fresh.feeds);
  config_.log = fresh.log;
  return ReloadResult{count, {}, needs_restart};
}

Result<FeedsChanged> Daemon::change(storage::FeedChanges changes) {
  using OperatorFeeds = std::vector<storage::OperatorFeed>;
  const auto known = in_store<OperatorFeeds>(
      [](storage::Store& store) -> Result<OperatorFeeds> { return store.operator_feeds(); });
  Result<FeedsChanged> settled = settle_changes(config_.feeds, known, changes);
  if (!settled) return settled;
  using Rows = std::vector<storage::StoredFeed>;
  Rows rows = in_store<Rows>([&changes](storage::Store& store) -> Result<Rows> {
    if (Result<void> done = store.change_feeds(changes); !done) return std::move(done).error();
    std::vector<FeedKey> keys = changes.resume;
    for (const storage::FeedRef& feed : changes.add) keys.push_back(feed.key);
    Rows stored;
    for (const FeedKey key : keys) {
      Result<storage::StoredFeed> feed = store.feed(key);
      if (feed) stored.push_back(std::move(*feed));
      // One that a reload has taken away meanwhile cannot be resumed.
      else if (feed.error().code != ErrorCode::not_found)
        return std::move(feed).error();
    }
    return stored;
  });
  poll_changes(changes, std::move(rows));
  SPDLOG_INFO("feeds changed added={} removed={} paused={} resumed={}", changes.add.size(),
              changes.remove.size(), changes.pause.size(), changes.resume.size());
  return settled;
}

// `rows` are what the store has of those that are added or resumed.
void Daemon::poll_changes(const storage::FeedChanges& changes,
                          std::vector<storage::StoredFeed> rows) {
  Polled added;
  for (storage::StoredFeed& feed : rows) {
    const FeedKey key = feed.ref.key;
    if (std::count(changes.resume.begin(), changes.resume.end(), key) > 0) {
      poll_->resume(key, std::move(feed.poll));
      continue;
    }
    added.feeds.push_back(added_subscription(std::move(feed.ref)));
    added.rows.emplace_back(key, std::move(feed.poll));
  }
  if (!added.feeds.empty()) poll_->add_feeds(std::move(added.feeds), std::move(added.rows));
  if (!changes.remove.empty()) poll_->remove_feeds(changes.remove);
  for (const FeedKey feed : changes.pause) poll_->pause(feed);
}

void Daemon::do_reload(const ReloadDone& done) {
  notifier_.reloading(clock_.now());
  ReloadResult result{.feeds = config_.feeds.size(), .mistakes = {}};
  config::LoadResult loaded = config::load(arguments_.config_file, environment_variables());
  for (const config::Mistake& mistake : loaded.mistakes) result.mistakes.push_back(mistake.text());
  if (loaded.config) result.mistakes = take_credentials(*loaded.config, credentials_dir());
  if (loaded.config && result.mistakes.empty()) {
    for (const std::string& notice : loaded.config->notices)
      SPDLOG_INFO("configuration: {}", notice);
    Result<ReloadResult> applied = apply(std::move(*loaded.config));
    if (applied)
      result = std::move(*applied);
    else
      result.mistakes.push_back(applied.error().message);
  }
  for (const std::string& mistake : result.mistakes)
    SPDLOG_ERROR("the old configuration stays: {}", mistake);
  if (result.mistakes.empty()) SPDLOG_INFO("reloaded feeds={}", result.feeds);
  last_reload_error_ = std::make_shared<const std::string>(
      result.mistakes.empty() ? std::string() : result.mistakes.front());
  last_reload_ = clock_.now().wall;
  notifier_.ready();
  if (done) done(result);
}

}  // namespace feedwire::daemon
