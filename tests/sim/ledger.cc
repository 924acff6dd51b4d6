#include "tests/sim/ledger.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <algorithm>
#include <charconv>

#include "feeds/keys.h"
#include "storage/event.h"
#include "tests/sim/violation.h"

namespace feedwire::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kTypePrefix = "feedwire.";

[[noreturn]] void violate(const CommittedPoll& poll, const std::string& what) {
  throw Violation(fmt::format("poll {} of feed {}: {}", poll.polls, hex64(poll.feed), what));
}

std::string text_at(const rapidjson::Document& event, const char* pointer) {
  const rapidjson::Value* value = rapidjson::Pointer(pointer).Get(event);
  return value != nullptr && value->IsString() ? value->GetString() : "";
}

// "[p3/17 v4]" in the line's `after`.
void read_mark(std::string_view line, ToldEvent& event) {
  const std::size_t begin = line.find("[p", std::min(line.find("\"after\":"), line.size()));
  if (begin == line.npos) return;
  const std::size_t space = line.find(" v", begin);
  if (space == line.npos) return;
  event.article = line.substr(begin + 1, space - begin - 1);
  std::from_chars(line.data() + space + 2, line.data() + line.size(), event.version);
}

std::optional<ToldEvent> take(std::vector<ToldEvent>& events, const std::string& type,
                              const std::string& article) {
  const auto found = std::find_if(events.begin(), events.end(), [&](const ToldEvent& event) {
    return event.type == type && event.article == article;
  });
  if (found == events.end()) return std::nullopt;
  ToldEvent event = std::move(*found);
  events.erase(found);
  return event;
}

// Of "p3/17": 17. A publisher that sorts its articles has the latest, with the highest, on top.
int article_number(const std::string& name) { return std::stoi(name.substr(name.find('/') + 1)); }

}  // namespace

Ledger::Ledger(const std::vector<Publisher>& publishers) {
  for (const Publisher& publisher : publishers)
    feeds_[feeds::feed_key(publisher.feed_url())].publisher = &publisher;
}

ToldEvent Ledger::read_event(std::string_view line, std::string& fetch) const {
  rapidjson::Document json;
  json.Parse(line.data(), line.size());
  if (json.HasParseError()) throw Violation("a line is no JSON: " + std::string(line));
  ToldEvent event;
  event.type = text_at(json, "/type").substr(kTypePrefix.size());
  // A sighting does not name the poll, only its feed.
  fetch = text_at(json, event.type == "entry.sighted" ? "/data/feed/feed_id" : "/data/fetch_id");
  if (!text_at(json, "/subject").starts_with("e-")) return event;
  event.key = text_at(json, "/partitionkey");
  event.cause = text_at(json, "/data/cause");
  if (const auto* rev = rapidjson::Pointer("/data/rev").Get(json)) event.rev = rev->GetUint64();
  if (const auto* changed = rapidjson::Pointer("/data/changed").Get(json))
    for (const auto& name : changed->GetArray())
      event.identity |= std::string_view(name.GetString()) == "identity";
  read_mark(line, event);
  const auto known = article_of_key_.find(event.key);
  if (known == article_of_key_.end()) {
    if (event.type != "entry.created")
      throw Violation("the first event of entry " + event.key + " is " + event.type);
  } else if (event.article.empty()) {
    event.article = known->second;
  } else if (event.article != known->second) {
    throw Violation(fmt::format("entry {} was {} and becomes {}: two articles were taken for one",
                                event.key, known->second, event.article));
  }
  return event;
}

void Ledger::check(const std::vector<CommittedPoll>& polls, const std::vector<std::string>& lines) {
  std::map<std::string, Events> events_of;
  for (const std::string& line : lines) {
    std::string fetch;
    ToldEvent event = read_event(line, fetch);
    ++events_;
    if (event.type == "entry.created") {
      if (const auto known = entries_.find(event.article); known != entries_.end())
        throw Violation(fmt::format("{} is created a second time, as {}; it was {}", event.article,
                                    event.key, known->second.key));
      article_of_key_[event.key] = event.article;
    }
    if (!fetch.empty()) events_of[fetch].push_back(std::move(event));
  }
  for (const CommittedPoll& poll : polls) {
    Events events = std::move(events_of[storage::fetch_id(poll.feed, poll.polls)]);
    events_of.erase(storage::fetch_id(poll.feed, poll.polls));
    for (ToldEvent& sighting : events_of["f-" + hex64(poll.feed)])
      events.push_back(std::move(sighting));
    events_of.erase("f-" + hex64(poll.feed));
    check_poll(poll, std::move(events));
  }
  if (!events_of.empty())
    throw Violation("events of a poll that was not committed: " + events_of.begin()->first);
}

void Ledger::check_poll(const CommittedPoll& poll, Events events) {
  if (poll.document) {
    check_gap(poll, events);
    for (const Shown& shown : poll.document->shown) check_shown(poll, shown, events);
  }
  check_deleted(poll, events);
  if (poll.document) note_absent(poll);
  check_schedule(poll, events);
  take(events, "feed.identity_changed", "");
  for (const ToldEvent& event : events)
    violate(poll, fmt::format("{} of {} v{} is told without a reason", event.type, event.article,
                              event.version));
}

void Ledger::check_shown(const CommittedPoll& poll, const Shown& shown, Events& events) {
  const auto [place, fresh] = entries_.try_emplace(shown.name);
  Entry& entry = place->second;
  const bool at_home = feeds_.at(poll.feed).publisher->style() != Style::planet;
  if (fresh) {
    const auto created = take(events, "entry.created", shown.name);
    if (!created) violate(poll, shown.name + " is new and was not created");
    if (created->version != shown.version || created->rev != 1)
      violate(poll, fmt::format("{} was created as v{}, rev {}", shown.name, created->version,
                                created->rev));
    entry.key = created->key;
    entry.rev = 1;
    entry.version = shown.version;
    entry.owner = poll.feed;
    entry.at_home = at_home;
    return;
  }
  if (entry.owner != poll.feed) {
    if (entry.sighted_by.insert(poll.feed).second && !take(events, "entry.sighted", shown.name))
      violate(poll, shown.name + " was not sighted");
    if (!at_home || entry.at_home) return;
    entry.sighted_by.erase(poll.feed);
    entry.sighted_by.insert(entry.owner);
    entry.owner = poll.feed;
    entry.at_home = true;
  }
  check_content(entry, shown, events);
}

void Ledger::check_content(Entry& entry, const Shown& shown, Events& events) {
  const bool changed = entry.version != shown.version;
  const auto told = take(events, entry.gone ? "entry.restored" : "entry.updated", shown.name);
  if (!told && !entry.gone && !changed) return;
  if (!told)
    throw Violation(fmt::format("{} v{} was not {}; v{} was told last", shown.name, shown.version,
                                entry.gone ? "restored" : "updated", entry.version));
  // Where guids moved to https an entry may be told once more for that alone (I-7).
  if (!entry.gone && !changed && (!told->identity || entry.renamed))
    throw Violation(fmt::format("{} v{} is told twice", shown.name, shown.version));
  if (told->version != shown.version || told->rev != entry.rev + 1)
    throw Violation(fmt::format("{} v{} was told as v{}, rev {} after {}", shown.name,
                                shown.version, told->version, told->rev, entry.rev));
  entry.renamed |= told->identity;
  entry.gone = false;
  entry.version = told->version;
  entry.rev = told->rev;
}

void Ledger::check_deleted(const CommittedPoll& poll, Events& events) {
  Feed& feed = feeds_.at(poll.feed);
  // What was noted by a clock that has been set back since counts from now.
  for (auto& [article, since] : feed.absent) since = std::min(since, poll.fetched_at);
  std::set<std::string> present;
  if (poll.document)
    for (const Shown& shown : poll.document->shown) present.insert(shown.name);
  const bool complete = feed.publisher->style() == Style::complete;
  if (complete && poll.document && !present.empty())
    for (const std::string& name : feed.last)
      if (!present.contains(name) && !entries_.at(name).gone &&
          std::none_of(events.begin(), events.end(), [&](const ToldEvent& event) {
            return event.type == "entry.deleted" && event.article == name;
          }))
        violate(poll, name + " is missing in a complete feed and was not deleted");
  for (auto event = events.begin(); event != events.end();) {
    if (event->type != "entry.deleted") {
      ++event;
      continue;
    }
    Entry& entry = entries_.at(event->article);
    const auto absent = feed.absent.find(event->article);
    const bool long_gone = absent != feed.absent.end() && poll.fetched_at - absent->second >= 1h;
    if (entry.gone || entry.owner != poll.feed || present.contains(event->article) ||
        event->rev != entry.rev + 1 || (complete ? event->cause != "complete_feed" : !long_gone))
      violate(poll, event->article + " was deleted without a reason");
    entry.gone = true;
    entry.rev = event->rev;
    event = events.erase(event);
  }
}

// I-18: nothing of the last document in one that is no smaller.
void Ledger::check_gap(const CommittedPoll& poll, Events& events) {
  const Feed& feed = feeds_.at(poll.feed);
  const std::vector<Shown>& shown = poll.document->shown;
  const bool gap =
      feed.last.size() >= 2 && shown.size() >= feed.last.size() &&
      std::none_of(shown.begin(), shown.end(), [&](const Shown& item) {
        return std::find(feed.last.begin(), feed.last.end(), item.name) != feed.last.end();
      });
  if (take(events, "feed.gap", "").has_value() != gap)
    violate(poll, gap ? "a gap was not told" : "a gap was told where there is none");
}

// S-10: by more than twice.
void Ledger::check_schedule(const CommittedPoll& poll, Events& events) {
  if (poll.interval.count() == 0) return;
  std::chrono::seconds& told = feeds_.at(poll.feed).told_interval;
  const bool is_first = told.count() == 0;
  const bool news = !is_first && (poll.interval > 2 * told || 2 * poll.interval < told);
  if (take(events, "feed.schedule", "").has_value() != news)
    violate(poll, fmt::format("an interval of {} s after {} s was {}told", poll.interval.count(),
                              told.count(), news ? "not " : ""));
  if (is_first || news) told = poll.interval;
}

void Ledger::note_absent(const CommittedPoll& poll) {
  Feed& feed = feeds_.at(poll.feed);
  std::vector<std::string> now;
  for (const Shown& shown : poll.document->shown) now.push_back(shown.name);
  const auto present = [&](const std::string& name) {
    return std::find(now.begin(), now.end(), name) != now.end();
  };
  for (std::size_t i = 0; i < feed.last.size(); ++i) {
    if (present(feed.last[i])) continue;
    feed.absent.try_emplace(feed.last[i], poll.fetched_at);
    const auto here = feed.last.begin() + static_cast<std::ptrdiff_t>(i);
    if (feed.publisher->ordered() && std::any_of(feed.last.begin(), here, present) &&
        std::any_of(here, feed.last.end(), present))
      feed.surely_withdrawn.insert(feed.last[i]);
  }
  for (const std::string& name : now) {
    feed.absent.erase(name);
    feed.surely_withdrawn.erase(name);
  }
  // What the document does not span may have fallen off: nobody can tell any more.
  std::erase_if(feed.surely_withdrawn, [&](const std::string& name) {
    return now.empty() || article_number(name) < article_number(now.back()) ||
           article_number(name) > article_number(now.front());
  });
  feed.last = std::move(now);
}

void Ledger::check_settled(std::chrono::sys_seconds now) const {
  for (const auto& [key, feed] : feeds_) {
    for (const Shown& shown : feed.publisher->document(now).shown) {
      const auto known = entries_.find(shown.name);
      if (known == entries_.end()) throw Violation(shown.name + " is shown and was never created");
      const Entry& entry = known->second;
      if (entry.owner == key && (entry.gone || entry.version != shown.version))
        throw Violation(fmt::format("{} v{} is shown, but v{}{} was told last", shown.name,
                                    shown.version, entry.version, entry.gone ? ", deleted," : ""));
    }
    for (const std::string& name : feed.surely_withdrawn) {
      const Entry& entry = entries_.at(name);
      if (entry.owner == key && !entry.gone)
        throw Violation(name + " was withdrawn long ago and is not deleted");
    }
  }
}

}  // namespace feedwire::sim
