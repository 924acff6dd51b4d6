// The last lines of the event log in memory, for the streams that are at its end.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "daemon/event_block.h"

namespace feedwire::daemon {

/// Filled by one thread, read by any.
class LogTail {
 public:
  /// Room for blocks; the oldest make place.
  static constexpr std::size_t kBytes = 8 << 20;

  enum class Place {
    unknown,  // nothing was read yet
    held,     // `block` holds what follows
    end,      // there is nothing behind it yet
    behind,   // what follows is not here any more
  };
  struct Found {
    Place place = Place::unknown;
    std::shared_ptr<const EventBlock> block;  // may begin earlier
  };

  /// Forgets everything; what is appended next follows `after`.
  void restart(Sequence after);
  /// Forgets everything, also where it is.
  void clear();
  void append(std::shared_ptr<const EventBlock> block);
  /// Notes that the files have been read to their end.
  void reached_end();

  Found behind(Sequence sequence) const;
  Sequence last() const;
  /// How often their end was reached.
  std::uint64_t ends() const;

 private:
  mutable std::mutex mutex_;
  // All guarded by mutex_:
  std::deque<std::shared_ptr<const EventBlock>> blocks_;
  std::optional<Sequence> before_;  // the events behind it are here
  Sequence last_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t ends_ = 0;
};

}  // namespace feedwire::daemon
