// One request as the poll ledger keeps it: what was asked, what came, and when the feed may be
// asked again (http.md H-90). A line of JSON each; storage/poll_ledger.md has the members.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "storage/store.h"

namespace feedwire::storage {

enum class PollVerdict : std::uint8_t {
  document,   // a body that was read as a feed
  unchanged,  // 304, or the same body again
  failure,
  abandoned,  // the daemon stopped before the answer was judged
  offline,    // no host could be reached: it does not count (H-62)
  page,       // that was subscribed in place of the feed it links to, which is asked next (P-12)
};

/// Why a request was made.
enum class PollCause : std::uint8_t {
  schedule,
  manual,     // an operator asked for it (H-75) …
  forced,     // … although the feed was to be left alone
  confirmed,  // its hub has begun to push: what came before that is to be seen (W-5)
  hub,        // no poll, but a request to its hub …
  backfill,   // … or for an older page, since entries were missed (I-18)
};

struct PollRecord {
  FeedKey feed = 0;
  std::uint64_t poll = 0;  // the feed's requests so far, this one included
  PollCause cause = PollCause::schedule;
  std::string url;    // the one asked first; without secrets once it is written
  std::string host;   // of url
  FeedKey place = 0;  // where the feed has moved to: the feed that would be subscribed there

  WallTime at{};  // end of the request
  // When the daemon noted the feed's request before this one, and when this one: where the former
  // is not the latter of the record before, records are missing, or were never committed.
  WallTime previous{}, noted{};
  WallTime renewed{};                  // FeedLife::renewed
  std::chrono::microseconds took{};    // from its start
  std::uint64_t run = 0;               // of the daemon: a process each
  std::chrono::microseconds uptime{};  // at `at`, by a clock that nobody sets

  // Sent. Empty = the header was not sent.
  std::string if_none_match, if_modified_since;
  bool doubts = false;       // those that are known are in doubt (H-20)
  bool sent_cookie = false;  // that the operator has not configured

  /// Who answered: an IP address, empty where it is not known; and the network of `allow` without
  /// which it was not to be asked.
  struct Peer {
    std::string address, allowed_by;
    bool operator==(const Peer&) const = default;
  };
  struct Hop {
    int status = 0;
    std::string to;
    Peer peer = {};
    bool operator==(const Hop&) const = default;
  };
  std::vector<Hop> hops;  // redirects, in order
  std::string final_url;
  Peer peer;  // of it

  // Received. status 0 = no answer; the headers byte for byte, empty = absent.
  int status = 0;
  std::string error;  // "timeout"; empty if an answer came
  std::string etag, last_modified, cache_control, age, expires, date, retry_after;
  bool set_cookie = false;  // a Set-Cookie came
  std::uint64_t bytes = 0;  // of the body, as it came

  PollVerdict verdict = PollVerdict::failure;
  std::string linked;               // of `page`: where the feed is
  WallTime gap{};                   // of `backfill`: when the gap was found
  bool own_scope = false;           // what it is told is not for its host (H-58)
  bool conditional_repeat = false;  // a conditional request got the body that we had

  // What may not be undercut, in force after this answer. Of a request to a hub only host_gap; of
  // one for an older page also `floor`, and in `next_poll` when its host may be asked again for it.
  std::chrono::seconds floor{};     // of the operator for all feeds; scales the back-off (H-60)
  std::chrono::seconds interval{};  // the floor of this feed, or the operator's for it
  std::chrono::milliseconds host_gap{};
  PollHints hints;
  WallTime next_poll{};
  PollRule rule = PollRule::none;

  bool operator==(const PollRecord&) const = default;
};

/// Appends the record as a line, LF included. Text that is not UTF-8 is repaired.
void append_poll_record(std::string& out, const PollRecord& record);

/// Reads a line, with or without its LF. Errors: corrupt.
Result<PollRecord> parse_poll_record(std::string_view line);

std::string_view verdict_name(PollVerdict verdict);  // "document"

}  // namespace feedwire::storage
