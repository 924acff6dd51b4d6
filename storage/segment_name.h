// The names of segment files: "events-0001-00000000000000048211.ndjson", epoch and first sequence
// zero-padded, so that the order of names is the order of events (storage/event_log.md, "Files").

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace feedwire::storage {

using Sequence = std::uint64_t;  // counts events from 1, without gaps, across all segments

struct SegmentName {
  std::uint32_t epoch = 0;
  Sequence first = 0;

  auto operator<=>(const SegmentName&) const = default;
  std::string text() const;
};

/// Nothing for any other file name.
std::optional<SegmentName> parse_segment_name(std::string_view file_name);

/// The sequence in an event's line; the first one named in it, for the fixed key order puts it
/// before everything that a feed can write. Nothing where the line is no event.
std::optional<Sequence> sequence_of_line(std::string_view line);

}  // namespace feedwire::storage
