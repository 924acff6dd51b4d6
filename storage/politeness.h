// Was every publisher treated as http.md asks? Told from the poll ledger alone (H-91), by code that
// the poll stage does not share: what it got wrong must not look right here.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/rare.h"
#include "storage/findings.h"
#include "storage/poll_record.h"

namespace feedwire::storage {

/// What the requests came to, for people to look at (M-4).
struct PolitenessSummary {
  std::uint64_t requests = 0, documents = 0, not_modified = 0, same_body = 0, failures = 0;
  std::uint64_t too_many = 0;  // answers 429
  std::uint64_t bytes = 0;     // of bodies, as they came
};

/// Looks at the records one by one, in the order of the ledger, and keeps what it must know of each
/// feed and host. Codes of the findings are rule ids:
///
///   H-05          no cookie is sent
///   H-10 to H-18  validators: those that the answers before gave, byte for byte, and no others
///   H-19          a 304 that nobody asked for counts as a failure
///   H-20          validators are left out only where they are in doubt, and once a week
///   H-21          a server that ignores validators is asked once an hour at most
///   H-30 to H-39  not before the answer before allows it: freshness, the document's hints, floor
///   H-38          not due in hours and days that the document excludes
///   H-47, H-49    an error is a failure
///   H-48          a feed that is gone is asked no more, unless its operator asks for it anew
///   H-51 to H-53  Retry-After and 429
///   H-56          a host that asked two of its feeds for patience is asked by none
///   H-60          back-off
///   H-63          a feed that has failed for a month is asked once a day
///   H-64          redirects: five at most, no loop, never from https to http
///   P-12          a page leads to its feed once, and never in place of a feed that was known
///   H-65, H-66    another URL is asked only after permanent redirects, often and for long enough
///   H-68          no private address is asked but those that the operator allows
///   H-69          feeds that meet on one URL are polled once
///   H-70          one request at a time to a host, with its gap, and a second's for its domain
///   H-72          after a daemon that was killed, not before one floor has passed
///   I-18          older pages: ten at most for a gap, none twice, never with validators; one that
///                 failed only after a back-off, and where its host asked for patience, neither it
///                 nor the feed before that has passed
///   H-75, W-5     a poll that an operator asks for, or that follows when a hub has confirmed a
///                 subscription, not within a minute of the last one
///
/// What is sent but for validators and cookies, and what a move does to entries, the ledger does
/// not tell. What cannot be known is not held against anyone: the first record of a feed, one after
/// others that are missing, and times across a clock that was set back.
class PolitenessCheck {
 public:
  explicit PolitenessCheck(Findings& findings) : findings_(findings) {}

  void add(const PollRecord& record);

  const PolitenessSummary& summary() const { return summary_; }
  std::size_t feeds() const { return feeds_.size(); }
  std::size_t hosts() const { return hosts_.size(); }

 private:
  /// When a request ended, by both clocks.
  struct Moment {
    WallTime wall{};
    std::uint64_t run = 0;
    std::chrono::microseconds uptime{};
  };
  /// The shortest time that may follow a request, and whose rule that is.
  struct Wait {
    std::chrono::microseconds least{};
    std::string_view code, why;
  };
  /// What a host has asked for, by the clock of one run.
  struct Patience {
    std::uint64_t run = 0;
    FeedKey feed = 0;  // the last one refused …
    std::chrono::microseconds at{}, until{};
    std::chrono::microseconds held{};  // … and until when all are held; 0 = they are not
  };
  /// The older pages of a feed that were asked for since a gap was found.
  struct Pages {
    WallTime gap{};
    std::set<std::string> read;  // their URLs
    PollRecord last;
    std::uint32_t failures = 0;  // in a row
  };
  /// Who is polled at a place to which a feed has moved.
  struct Shared {
    FeedKey last = 0, before = 0;  // the last one, and who was there before it
    unsigned turns = 0;            // so often the two have taken turns
  };
  struct Feed {
    PollRecord last;
    Rare<Pages> pages;
    bool knows_validators = false;
    std::string etag, last_modified, validators_url;
    // They may be left out, since the date lies ahead or an ETag was repeated; when the feed last
    // was asked as if there were none, or answered so.
    bool is_doubtful = false, is_ahead = false;
    WallTime whole_at{};
    std::uint32_t failures = 0, repeats = 0;  // in a row, as far as is known …
    WallTime failing_since{};                 // … and when the first of these failures was
    WallTime gone_since{};                    // the first 410 since it last was there
    bool gone = false;                        // and another one a day later
    // Where permanent redirects led, as of the last answer; since when, and on how many requests.
    std::string moves_to;
    WallTime moves_since{};
    std::uint32_t moves = 0;
    bool is_whole = false;  // no record is missing since its first request
    bool was_found =
        false;  // it had a document, or a page led to it, since the operator asked anew
    // H-53: what 429s have made of the floor, and what it was before the last of them.
    std::chrono::seconds strain{}, strain_before{};
    WallTime strained_at{};
  };

  static Moment end_of(const PollRecord& record);
  static std::optional<std::chrono::microseconds> between(const Moment& end,
                                                          const PollRecord& record);

  void count(const PollRecord& record);
  void check_answer(const PollRecord& record);
  void check_redirects(const PollRecord& record);
  void check_cookie(const PollRecord& record);
  void check_peers(const PollRecord& record);
  void check_shared_place(const PollRecord& record);
  void check_doubt(const Feed& feed, const PollRecord& record);
  void check_place(std::unordered_map<std::string, Moment>& places, const std::string& place,
                   std::chrono::microseconds gap, const PollRecord& record);
  void check_hold(const PollRecord& record);
  void check_validators(const Feed& feed, const PollRecord& record);
  void check_page(const Feed& feed, const PollRecord& record);
  void check_older_page(Feed& feed, const PollRecord& record);
  void check_after_page(const Pages& pages, const PollRecord& record);
  void check_place_change(const Feed& feed, const PollRecord& record);
  void check_due(const Feed& feed, const PollRecord& record);
  void check_wait(const Feed& feed, const PollRecord& record, Wait wait);
  static Wait wait_after(const Feed& feed);
  static Wait manual_wait_after(const Feed& feed, const PollRecord& record);
  static Wait backoff_after(const Feed& feed, std::chrono::microseconds interval);
  static void forget_answers(Feed& feed);
  static void note_presence(Feed& feed, const PollRecord& record);
  static void note_doubt(Feed& feed, const PollRecord& record);
  static void note_redirects(Feed& feed, const PollRecord& record);
  static void learn(Feed& feed, const PollRecord& record);
  void report(std::string_view code, const PollRecord& record, const std::string& what);

  Findings& findings_;
  PolitenessSummary summary_;
  std::unordered_map<FeedKey, Feed> feeds_;
  std::unordered_map<std::string, Moment> hosts_, domains_;
  std::unordered_map<std::string, Patience> patience_;  // of hosts
  std::unordered_map<FeedKey, Shared> shared_;          // by PollRecord::place
};

}  // namespace feedwire::storage
