// One commit group: from the outcomes of polls to rows and events. What the matches of
// storage/identity.h mean: created, updated (I-13 to I-15), sighted and who owns an entry (I-12),
// deleted and restored (I-17), and what is to be said of the feed itself (I-5, I-18).

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/event.h"
#include "storage/group_state.h"
#include "storage/identity.h"
#include "storage/log_plan.h"
#include "storage/store.h"

namespace feedwire::storage {

using FeedRows = std::unordered_map<FeedKey, FeedRow>;

/// Made for one commit and thrown away. Used by the store thread alone.
class Group {
 public:
  /// What `feeds` learns (guids that repeat, the primary kind) it keeps: a failed commit ends the
  /// process, so it may do so early.
  /// Entries last heard of before `keys_before` are absent (storage/entry_retention.h).
  Group(const Options& options, const Database& database, FeedRows& feeds, LogPlan& plan,
        WallTime keys_before)
      : options_(options), feeds_(feeds), plan_(plan), state_(database, plan, keys_before) {}

  /// Decides everything; nothing is written. Errors: corrupt, io.
  Result<CommitSummary> decide(std::span<const PollOutcome> outcomes);

  /// The rows, and which content events have a successor.
  void put(Batch& batch) const;
  const std::vector<Sequence>& superseded() const { return superseded_; }

 private:
  /// What all events of one outcome have in common.
  struct Fetch {
    FeedRow& feed;
    WallTime at;                // its end
    WallTime previous_success;  // epoch = none
    std::string time, feed_object, id;
    WallTime gap_end{};  // of an older page: its entries had appeared by then; else epoch

    FeedKey key() const { return feed.ref.key; }
  };
  struct Document {
    const Fetch& fetch;
    const feeds::Feed& feed;
    WindowRow& window;      // the one before it
    const RawIndex& known;  // its items
    bool partial;           // PollOutcome::partial
    bool initial;           // the feed's first
    bool relearn;           // keys that were not lasting ones are now
  };
  /// A document as its feed's row and the older page that it may name are needed for a gap.
  struct Poll {
    const PollOutcome& outcome;
    PollRow& row;  // the one that is to be written
  };
  /// What is logged of an entry's content.
  struct Content {
    Hash128 revision, story_key;
    std::uint64_t link = 0;  // as EntryRow::link
    std::optional<std::chrono::sys_seconds> published;
    std::string_view canonical_url, json;
  };

  // group.cc: outcomes, documents and feeds
  Result<void> prefetch(std::span<const PollOutcome> outcomes);
  Result<void> take(const PollOutcome& outcome);
  Result<PollBefore> poll_before(const PollOutcome& outcome);
  Result<void> take_document(const Fetch& fetch, const Poll& poll, const PollBefore& before);
  Result<void> take_entries(const Document& document, const std::vector<Match>& matches);
  void count_item(const Match& match, const CommitSummary& before);
  Result<void> close_document(const Document& document, const Poll& poll,
                              const std::vector<Match>& matches);
  Result<void> close_part(const Document& document, const std::vector<Match>& matches);
  Result<bool> bury(const Document& document, std::span<const WindowItem> items);
  Result<void> retract(const Document& document, std::span<const WindowItem> items);
  Result<void> review(const Fetch& fetch);
  Result<void> refresh_last_seen(const std::vector<Match>& matches, WallTime now);
  void set_window(const Fetch& fetch, WindowRow window);
  void log_feed(const Fetch& fetch, std::string_view verb, std::string_view members);
  void keep(const FeedRow& feed);  // its row is to be written

  // group_feed.cc: what polls and documents say of the feed itself
  void tell_turns(const Fetch& fetch, std::span<const FeedTurn> turns);
  void choose_first_kind(FeedRow& feed, const feeds::Feed& document);
  void note_quality(const Document& document, const std::vector<Match>& matches);
  void judge_identity(const Document& document, const std::vector<Match>& matches);
  void doubt_identity(const Document& document);
  bool note_gap(const Document& document, std::span<const WindowItem> items);
  void note_zone(const Document& document, const std::vector<Match>& matches);
  static bool has_new_schedule(const FeedRow& feed, const PollRow& row);
  void note_schedule(const Fetch& fetch, const PollRow& row);

  // group_page.cc: older pages, by which gaps are closed
  static void begin_backfill(const Document& document, const Poll& poll);
  static void note_page(Fetch& fetch, const Backfill& backfill);
  Result<void> take_page(const Fetch& fetch, const Poll& poll);
  struct PageFindings {
    std::uint64_t missed = 0;  // entries, which are told
    bool reaches_back = false;
  };
  Result<PageFindings> take_missed(const Document& document, const Backfill& backfill,
                                   const std::vector<Match>& matches);
  Result<void> take_missed_entry(const Document& document, std::size_t i, const Match& match);
  Result<bool> was_before(const Hash128& entry, FeedKey feed, const Backfill& backfill);
  void tell_closed(const Fetch& fetch, const Backfill& backfill);

  // group_content.cc: entries
  Result<void> take_entry(const Document& document, std::size_t i, const Match& match);
  Result<void> take_known(const Document& document, const feeds::EntryView& entry,
                          const Match& match);
  Result<void> create(const Document& document, const feeds::EntryView& entry, const Match& match);
  Result<void> sight(const Fetch& fetch, const feeds::EntryView& entry, const Hash128& key,
                     EntryRow& row);
  Result<bool> takes_over(const feeds::EntryView& entry, const Hash128& key, const EntryRow& row);
  Result<void> change(const Document& document, const Content& content, const Hash128& key,
                      EntryRow& row, bool renamed);
  Result<void> update(const Fetch& fetch, const Content& content, const Hash128& key, EntryRow& row,
                      bool renamed);
  Result<void> restore(const Fetch& fetch, const Content& content, const Hash128& key,
                       EntryRow& row);
  void hold(const Document& document, const Content& content, const Hash128& key,
            const EntryRow& row);
  Result<void> tell_held(const Fetch& fetch, WindowRow& window);
  Result<void> remove(const Fetch& fetch, const Hash128& key, std::string_view cause,
                      std::string_view confidence);
  void learn_key(const Hash128& key, const Hash128& entry);
  void supersede(Sequence content);  // 0 = there is none
  Content content_of(const feeds::EntryView& entry) const;
  Sequence log_content(const Fetch& fetch, std::string_view type, const Content& content,
                       EntryData data, const EntryRow& row);
  Sequence log_entry(const Fetch& fetch, std::string_view type, EntryData data);

  const Options& options_;
  FeedRows& feeds_;
  LogPlan& plan_;
  GroupState state_;
  CommitSummary summary_;
  std::vector<Sequence> superseded_;
  std::vector<FeedKey> changed_feeds_;  // rows of CF feeds
};

}  // namespace feedwire::storage
