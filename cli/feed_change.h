// What an operator does with feeds while the daemon runs (daemon/api.md); without it, nothing.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/daemon_client.h"
#include "config/config.h"

namespace CLI {
class App;
}

namespace feedwire::cli {

struct Session;

/// How adding feeds went, in the words of the daemon.
struct AddedFeeds {
  std::size_t added = 0;
  std::vector<std::string> notes;  // "URL: why it was none", of those that were not new
};

/// Adds the feeds, in as few requests as their bodies allow, and each of these in one commit. After
/// an error some may have been added. Errors: what the daemon answers.
Result<AddedFeeds> add_feeds(const DaemonClient& daemon,
                             const std::vector<config::FeedConfig>& feeds);

/// feedwire feed add|remove|pause|resume|poll
void add_feed_changes(CLI::App& feed, Session& session);

}  // namespace feedwire::cli
