// One commit group: from the outcomes of polls to rows and events. What the matches of
// storage/identity.h mean: created, updated (I-13), sighted and who owns an entry (I-12).

#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/group_state.h"
#include "storage/identity.h"
#include "storage/log_plan.h"
#include "storage/store.h"

namespace feedwire::storage {

using FeedRows = std::unordered_map<FeedKey, FeedRow>;

/// Made for one commit and thrown away. Used by the store thread alone.
class Group {
 public:
  /// `feeds` learns of guids that repeat; a failed commit ends the process, so it may do so early.
  Group(const Options& options, const Database& database, FeedRows& feeds, LogPlan& plan)
      : options_(options), feeds_(feeds), plan_(plan), state_(database, plan) {}

  /// Decides everything; nothing is written. Errors: corrupt, io.
  Result<CommitSummary> decide(std::span<const PollOutcome> outcomes);

  /// The rows, and which content events have a successor.
  void put(Batch& batch) const;
  const std::vector<Sequence>& superseded() const { return superseded_; }

 private:
  /// What the entries of one document have in common.
  struct Document {
    const feeds::Feed& feed;
    FeedKey key;
    WallTime fetched_at;
    WallTime previous_success;
    bool initial;
    bool guids_demoted;  // a guid was found to repeat that was not known to
    std::string time, feed_object, fetch;
  };

  Result<void> prefetch(std::span<const PollOutcome> outcomes);
  Result<void> take(const PollOutcome& outcome);
  Result<void> take_document(const PollOutcome& outcome, FeedRow& feed);
  Result<void> take_entry(const Document& document, const feeds::EntryView& entry,
                          const Match& match);
  Result<void> take_known(const Document& document, const feeds::EntryView& entry,
                          const Match& match);
  void create(const Document& document, const feeds::EntryView& entry, const Match& match);
  Result<void> sight(const Document& document, const feeds::EntryView& entry, const Hash128& key,
                     EntryRow& row);
  Result<bool> takes_over(const feeds::EntryView& entry, const Hash128& key, const EntryRow& row);
  Result<void> update(const Document& document, const feeds::EntryView& entry, const Hash128& key,
                      EntryRow& row, bool renamed);
  void learn_key(const Match& match);
  Result<void> refresh_last_seen(const std::vector<Match>& matches, WallTime now);
  Sequence log_content(const Document& document, const feeds::EntryView& entry, EntryData data,
                       const EntryRow& row);

  const Options& options_;
  FeedRows& feeds_;
  LogPlan& plan_;
  GroupState state_;
  CommitSummary summary_;
  std::vector<Sequence> superseded_;
  std::vector<FeedKey> changed_feeds_;  // rows of CF feeds
};

}  // namespace feedwire::storage
