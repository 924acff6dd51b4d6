#include "tests/sim/log_follower.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "tests/sim/violation.h"

namespace feedwire::sim {

std::vector<std::string> LogFollower::read(std::size_t most) {
  if (!reader_) reader_ = storage::LogReader::open(fs_, dir_, next_ - 1).value();
  std::vector<std::string> lines;
  while (lines.size() < most) {
    const std::optional<storage::LogLine> line = reader_->next().value();
    if (!line) break;
    if (line->sequence != next_ || reader_->take_gap())
      throw Violation(fmt::format("I1: event {} follows {}", line->sequence, next_ - 1));
    const std::uint64_t hash = xxh3_64(line->line);
    if (next_ > hashes_.size())
      hashes_.push_back(hash);
    else if (hashes_[next_ - 1] != hash)
      throw Violation(fmt::format("I4: event {} is not what it was: {}", next_, line->line));
    ++next_;
    lines.emplace_back(line->line);
  }
  return lines;
}

Result<void> LogFollower::acknowledge(storage::Store& store, WallTime now) {
  Result<void> done = store.set_cursor(cursor_, {next_ - 1, false, now});
  if (done) acknowledged_ = next_ - 1;
  return done;
}

void LogFollower::restart(const storage::Store& store) {
  const auto cursors = store.cursors().value();
  const auto found = cursors.find(cursor_);
  const storage::Sequence stored = found == cursors.end() ? 0 : found->second.acked;
  if (stored != acknowledged_)
    throw Violation(fmt::format("I2: cursor {} stands at {}, acknowledged was {}", cursor_, stored,
                                acknowledged_));
  next_ = stored + 1;
  reader_.reset();
}

}  // namespace feedwire::sim
