#include "storage/zone_clue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace feedwire::storage {
namespace {

using std::chrono::seconds;

constexpr seconds kStep = std::chrono::minutes(15);
constexpr seconds kEarliest = std::chrono::hours(-12), kLatest = std::chrono::hours(14);

// The first step that is not before `offset`.
seconds next_step(seconds offset) {
  const seconds past = (offset - kEarliest) % kStep;
  return past == seconds(0) ? offset : offset + kStep - past;
}

}  // namespace

void add_clue(ZoneClue& clue, std::chrono::sys_seconds declared, WallTime previous,
              WallTime found) {
  // Whole seconds, rounded outwards: the date has no finer ones.
  const seconds least = declared - std::chrono::ceil<seconds>(found);
  const seconds most = declared - std::chrono::floor<seconds>(previous);
  if (least > kLatest || most < kEarliest) {  // back-dated, or written in advance: no clock's work
    clue.entries = 0;
    return;
  }
  const auto from = static_cast<std::int32_t>(std::max(least, kEarliest).count());
  const auto to = static_cast<std::int32_t>(std::min(most, kLatest).count());
  const bool agrees = clue.entries > 0 && std::max(from, clue.least) <= std::min(to, clue.most);
  clue.least = agrees ? std::max(from, clue.least) : from;
  clue.most = agrees ? std::min(to, clue.most) : to;
  clue.entries = agrees ? clue.entries + 1 : 1;
}

std::optional<std::chrono::minutes> suggested_offset(const ZoneClue& clue) {
  if (clue.entries < kClueEntries || (clue.least <= 0 && clue.most >= 0)) return std::nullopt;
  const seconds only = next_step(seconds(clue.least));
  if (only > seconds(clue.most) || only + kStep <= seconds(clue.most)) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::minutes>(only);
}

std::string offset_name(std::chrono::minutes offset) {
  const auto minutes = std::abs(offset.count());
  return fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace feedwire::storage
