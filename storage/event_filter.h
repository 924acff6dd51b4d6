// Which events a reader of the log asks for: `feedwire tail`, GET /v1/events.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace feedwire::storage {

/// Whether `text` matches a glob: '*' is any number of characters, '?' one, "[a-c]" and "[!x]" one
/// of a set. Takes time in proportion to the product of the sizes at most.
bool glob_matches(std::string_view glob, std::string_view text);

struct EventFilter {
  std::vector<std::string> types;  // globs, with or without "feedwire."; none = all
  std::string feed;  // key ("f-" or not), name or URL, whole or as events have it; empty = all

  bool is_all() const { return types.empty() && feed.empty(); }
  /// `line` is a line of the event log, without the LF.
  bool passes(std::string_view line) const;
  /// The same, whatever feed it is of.
  bool passes_type(std::string_view line) const;
};

/// The type of an event's line, without "feedwire."; "" if there is none.
std::string_view event_type(std::string_view line);

}  // namespace feedwire::storage
