// In which zone a feed's clock seems to run, if its dates do not say (I-16).

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace feedwire::storage {

/// What the entries that a feed published before our eyes tell: each appeared between two polls, so
/// the clock that dated it was ahead of UTC by what lies between its date and these two.
struct ZoneClue {
  std::uint32_t entries = 0;         // in a row that agree; 0: the others mean nothing
  std::int32_t least = 0, most = 0;  // seconds ahead of UTC that all of them allow
  bool told = false;                 // a zone was suggested

  bool operator==(const ZoneClue&) const = default;
};

inline constexpr std::uint32_t kClueEntries = 3;

/// Adds an entry dated `declared`, read as UTC, that was not there at `previous` and was at
/// `found`.
void add_clue(ZoneClue& clue, std::chrono::sys_seconds declared, WallTime previous, WallTime found);

/// How far ahead of UTC the feed's clock is, if kClueEntries or more agree on one zone and it is
/// not UTC. Zones lie quarters of an hour apart.
std::optional<std::chrono::minutes> suggested_offset(const ZoneClue& clue);

/// "+08:00"
std::string offset_name(std::chrono::minutes offset);

}  // namespace feedwire::storage
