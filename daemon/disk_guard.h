// Watches the room on the state folder's disk (DB-1), for a full disk is the one failure that an
// operator meets for certain: polling stops while there is little, and before there is none the
// store is closed, with room that was kept in reserve for that.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/fs.h"
#include "base/result.h"

namespace feedwire::daemon {

/// What the disk allows: everything; no new poll; not even an open store.
enum class Room { enough, low, none };

struct DiskLimits {
  std::uint64_t min_free_bytes = 0;  // store.min_free
  std::uint64_t ballast_bytes = 0;   // store.ballast
};

/// A plain object moved on by step(). Room is what is free and what the ballast holds. There is
/// none below the hard limit, min_free + ballast, and little below the soft limit, the larger of
/// 2 × min_free and 5 % of the disk, of the latter at most 1 GiB. Once there was none it takes the
/// soft limit to have a store again; once there was little, an eighth more to poll.
/// Used by one thread. Logs each change of what the disk allows.
class DiskGuard {
 public:
  /// `fs` must outlive the guard.
  DiskGuard(Fs& fs, std::filesystem::path state_dir, DiskLimits limits);

  /// Looks how much room there is, and makes the ballast where it is missing and has room. Makes
  /// the state folder if need be. Errors: io.
  Result<Room> step();

  /// What the last step() found; enough before there was one.
  Room room() const { return room_; }

  /// The store could not be opened for want of room, whatever step() had found.
  void assume_none() { room_ = Room::none; }

  /// Gives the ballast's room to those who close the store. Errors: io.
  Result<void> drop_ballast();

  /// For people: "disk full, waiting: 12 MiB free, 576 MiB needed"; empty with enough room.
  std::string reason() const;

 private:
  std::filesystem::path ballast_file() const { return state_dir_ / "ballast"; }
  Result<std::uint64_t> held() const;  // by the ballast
  void judge(const DiskSpace& space, std::uint64_t held_bytes);
  void note_change() const;
  void make_ballast();

  Fs& fs_;
  const std::filesystem::path state_dir_;
  const DiskLimits limits_;
  Room room_ = Room::enough;
  std::uint64_t free_bytes_ = 0;    // at the last step()
  std::uint64_t needed_bytes_ = 0;  // then, for the next better Room
  bool ballast_failed_ = false;     // said so already
};

}  // namespace feedwire::daemon
