#include "storage/log_history.h"

#include <fmt/format.h>

namespace feedwire::storage {

std::optional<EventFault> LogHistory::add(const EventFacts& event) {
  const bool stepped_back = event.recorded < recorded_;
  const std::string before = stepped_back ? recorded_ : std::string();
  recorded_ = event.recorded;
  std::optional<EventFault> fault;
  if (event.entry) fault = add_entry(event);
  if (!event.entry && event.feed != 0) fault = add_feed(event);
  if (!fault && stepped_back)
    fault = EventFault{"time", fmt::format("it was recorded at {}, the event before it at {}",
                                           event.recorded, before)};
  return fault;
}

std::optional<EventFault> LogHistory::add_entry(const EventFacts& event) {
  if (event.op == 's') {
    if (!sightings_.insert(xxh3_128(event.id)).second)
      return EventFault{"id", fmt::format("there is an earlier event {}", event.id)};
    const auto seen = entries_.find(event.entry);
    if (seen != entries_.end() && seen->second.rev != event.rev)
      return EventFault{"rev", fmt::format("it sights revision {} of an entry that is at {}",
                                           event.rev, seen->second.rev)};
    return {};
  }
  if (event.op != 'c' && event.op != 'u' && event.op != 'd') return {};
  const auto [at, fresh] = entries_.try_emplace(event.entry);
  Past& past = at->second;
  const std::uint64_t rev = past.rev;
  past.rev = event.rev;
  if (event.op != 'd') past.content = event.sequence;
  // Where the log was trimmed, the first revision that is left is the base.
  if (event.rev == rev + 1 || (fresh && !complete_)) return {};
  return EventFault{"rev", fmt::format("revision {} of its entry follows {}", event.rev, rev)};
}

std::optional<EventFault> LogHistory::add_feed(const EventFacts& event) {
  if (event.rev == 0) return {};
  const auto [at, fresh] = feeds_.try_emplace(event.feed, 0);
  const std::uint64_t rev = at->second;
  at->second = event.rev;
  if (event.rev == rev + 1 || (fresh && !complete_)) return {};
  return EventFault{"rev", fmt::format("revision {} of its feed follows {}", event.rev, rev)};
}

}  // namespace feedwire::storage
