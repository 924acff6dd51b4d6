// What the event log must say, worked out from what publishers showed and not from how feedwired
// recognises entries: each article is created once, each new version of it is one update, what is
// withdrawn is deleted only by the rules of I-17, and nothing else is ever told.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"
#include "tests/sim/publisher.h"

namespace feedwire::sim {

/// One poll that was committed.
struct CommittedPoll {
  storage::FeedKey feed = 0;
  std::uint64_t polls = 0;  // its number
  WallTime fetched_at{};
  std::optional<Document> document;  // where it brought one that was read
  std::chrono::seconds interval{};   // planned by it; 0 = it was not, since it failed
};

/// An event of the log, as far as it matters here.
struct ToldEvent {
  std::string type;  // without "feedwire."
  std::string key;   // of the entry
  std::string article;
  std::uint64_t rev = 0;
  int version = 0;
  bool identity = false;  // `changed` names it
  std::string cause;
};

class Ledger {
 public:
  explicit Ledger(const std::vector<Publisher>& publishers);

  /// Checks the events of these polls: `lines` are all that the log gained with them. Throws
  /// Violation.
  void check(const std::vector<CommittedPoll>& polls, const std::vector<std::string>& lines);

  /// Once the world stands still and every feed was polled: whether what the publishers show now
  /// is what was told last. Throws Violation.
  void check_settled(std::chrono::sys_seconds now) const;

  std::uint64_t events() const { return events_; }

 private:
  struct Entry {
    std::string key;
    std::uint64_t rev = 0;
    int version = 0;
    storage::FeedKey owner = 0;
    bool at_home = false, gone = false, renamed = false;
    std::set<storage::FeedKey> sighted_by;
  };
  struct Feed {
    const Publisher* publisher = nullptr;
    bool seen = false;
    std::vector<std::string> last;           // the articles of the last document
    std::map<std::string, WallTime> absent;  // since when, of those that were in one before
    std::chrono::seconds told_interval{};    // between polls; 0 = none was planned
    std::set<std::string> surely_withdrawn;  // from the middle of a sorted document
  };
  using Events = std::vector<ToldEvent>;

  void check_poll(const CommittedPoll& poll, Events events);
  void check_shown(const CommittedPoll& poll, const Shown& shown, Events& events);
  void check_content(Entry& entry, const Shown& shown, Events& events);
  void check_deleted(const CommittedPoll& poll, Events& events);
  void check_gap(const CommittedPoll& poll, Events& events);
  void check_schedule(const CommittedPoll& poll, Events& events);
  void note_absent(const CommittedPoll& poll);
  ToldEvent read_event(std::string_view line, std::string& fetch) const;

  std::map<storage::FeedKey, Feed> feeds_;
  std::map<std::string, Entry> entries_;  // by article
  std::map<std::string, std::string> article_of_key_;
  std::uint64_t events_ = 0;
};

}  // namespace feedwire::sim
