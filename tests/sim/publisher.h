// Publishers of a world that a simulation makes up: they post, edit, withdraw, reorder and re-date
// articles, and know what each of their documents shows. What feedwired must make of that follows
// from here alone (tests/sim/ledger.h).

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"

namespace feedwire::sim {

struct Article {
  std::string name;  // "p3/17", unique in the world
  std::string link;  // without scheme
  int version = 1;
  std::string title;
  std::chrono::sys_seconds date{};
};

/// An article in a document. Its text ends in "[p3/17 v4]", by which an event is recognised.
struct Shown {
  std::string name;
  int version = 1;
};

/// What was served at some time.
struct Document {
  std::string body, content_type;
  std::vector<Shown> shown;
};

enum class Style {
  rss_guid,   // guids that are no URLs
  rss_link,   // no guids at all
  atom,       // with ids
  json,       // JSON Feed with ids
  complete,   // RSS that says it lists everything (RFC 5005): what is missing is withdrawn
  migrating,  // guids are URLs, and move to https one day
  planet,     // shows the articles of others, with guids of its own
};

/// The true time, which the daemon's wall clock may be far from.
inline std::chrono::sys_seconds world_time(Now now) {
  using namespace std::chrono;
  constexpr sys_seconds kStart = sys_days{year{2026} / November / 21};
  return kStart + floor<seconds>(now.mono.time_since_epoch());
}

class Publisher {
 public:
  /// Its articles are called `name`/1, `name`/2, … Random choices come from `rng`.
  Publisher(std::string name, std::string host, Style style, Rng& rng);

  const std::string& name() const { return name_; }
  const std::string& host() const { return host_; }
  Style style() const { return style_; }
  std::string feed_url() const { return "http://" + host_ + "/" + name_ + "/feed"; }

  /// Something changes: articles are posted, or one is edited, withdrawn, moved or re-dated.
  void change(std::chrono::sys_seconds now);
  /// A planet gathers what the others have now.
  void gather(const std::vector<Publisher>& others);

  Document document(std::chrono::sys_seconds now) const;

  /// No two documents have the same bytes, though they show the same.
  bool noisy() const { return noisy_; }
  /// Documents are sorted by date, and all articles carry one.
  bool ordered() const { return ordered_; }

 private:
  void post(std::chrono::sys_seconds now);
  void edit(Article& article);
  void shuffle();
  std::size_t shown_count() const;

  const std::string name_, host_;
  const Style style_;
  Rng& rng_;
  std::size_t window_;
  bool noisy_, ordered_, dated_;
  bool migrated_ = false;
  int posted_ = 0;
  std::vector<Article> articles_;  // as documents show them, those it still has
};

}  // namespace feedwire::sim
