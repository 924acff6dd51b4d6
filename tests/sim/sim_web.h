// The network of a simulation: publishers' servers with validators and troubles, answers that take
// their time, and the rules of politeness checked with each request (RT-POL).

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "daemon/transport.h"
#include "storage/store.h"
#include "tests/sim/publisher.h"
#include "tests/sim/trace.h"

namespace feedwire::sim {

/// How a server or the way to it is out of order.
enum class Trouble {
  none,
  dns,
  timeout,
  reset,
  truncated,  // the answer ends early, and it shows
  error_500,
  unavailable,  // 503 with Retry-After
  too_many,     // 429, with or without Retry-After
  missing,      // 404
  page,         // 200 with a page in HTML
  garbage,      // 200 with bytes that are no feed
  empty,        // 200 without a body
  naked_304,    // a 304 that nobody asked for
};

class SimWeb : public daemon::Transport {
 public:
  /// `host_gap` is promised between the end of one request to a host and the next, `floor` between
  /// those to a feed.
  SimWeb(std::vector<Publisher>& publishers, std::chrono::microseconds host_gap,
         std::chrono::seconds floor, Rng& rng, Trace& trace);

  /// What all requests to this publisher meet from now on.
  void set_trouble(const Publisher& publisher, Trouble trouble) {
    site_of(publisher).trouble = trouble;
  }
  /// Single requests that fail, among others that do not: one of `n`; 0 = none.
  void set_bad_luck(std::uint64_t n) { bad_luck_ = n; }

  /// What the last answer to this feed showed.
  const Document& served(storage::FeedKey feed) const { return sites_.at(feed).served; }
  /// Requests to this feed that were answered with a document or a 304, so far.
  std::uint64_t good_answers(const Publisher& publisher) { return site_of(publisher).good; }
  std::uint64_t requests() const { return requests_; }

  /// Feeds may be asked again at once: the clock by which they were to wait has been set.
  void excuse();

  /// The process that asked has ended: nothing under way is ever answered.
  void hang_up(Now now);
  /// When step() has something; nothing if nobody waits.
  std::optional<MonoTime> next_answer() const;

  void start(daemon::HttpRequest request) override;
  std::size_t free_places() const override { return 64 - waiting_.size(); }
  std::vector<daemon::HttpResponse> step(Now now) override;

 private:
  struct Host {
    MonoTime ended{};  // the last request
    bool asked = false, busy = false;
  };
  struct Site {
    const Publisher* publisher = nullptr;
    Host* host = nullptr;
    Trouble trouble = Trouble::none;
    Document served;
    std::uint64_t good = 0;
    MonoTime not_before{};  // the next request
  };

  Site& site_of(const Publisher& publisher);
  daemon::HttpResponse answer(Site& site, const daemon::HttpRequest& request);
  daemon::HttpResponse answer_well(Site& site, const daemon::HttpRequest& request);

  const std::chrono::microseconds host_gap_;
  const std::chrono::seconds floor_;
  Rng& rng_;
  Trace& trace_;
  std::map<std::string, Host> hosts_;
  std::map<storage::FeedKey, Site> sites_;
  std::multimap<MonoTime, daemon::HttpResponse> waiting_;  // by the time of the answer
  Now now_;                                                // of the last step()
  std::uint64_t bad_luck_ = 0, requests_ = 0;
};

}  // namespace feedwire::sim
