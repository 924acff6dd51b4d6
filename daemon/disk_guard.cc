#include "daemon/disk_guard.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/log_text.h"

namespace feedwire::daemon {
namespace {

constexpr unsigned kBallastMode = 0600;
constexpr std::uint64_t kMaxShare = std::uint64_t{1} << 30;  // of the disk, for the soft limit

std::uint64_t soft_limit(const DiskLimits& limits, std::uint64_t total_bytes) {
  return std::max(2 * limits.min_free_bytes, std::min(kMaxShare, total_bytes / 20));
}

double mebibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

DiskGuard::DiskGuard(Fs& fs, std::filesystem::path state_dir, DiskLimits limits)
    : fs_(fs), state_dir_(std::move(state_dir)), limits_(limits) {}

Result<Room> DiskGuard::step() {
  if (Result<void> made = fs_.make_dirs(state_dir_, 0750); !made) return std::move(made).error();
  const Result<DiskSpace> space = fs_.space(state_dir_);
  if (!space) return space.error();
  const Result<std::uint64_t> held_bytes = held();
  if (!held_bytes) return held_bytes.error();
  const Room before = room_;
  judge(*space, *held_bytes);
  if (room_ != before) note_change();
  if (room_ != Room::none && *held_bytes != limits_.ballast_bytes) make_ballast();
  return room_;
}

Result<std::uint64_t> DiskGuard::held() const {
  const Result<std::unique_ptr<File>> ballast = fs_.open(ballast_file(), false);
  if (ballast) return (*ballast)->size();
  if (ballast.error().code == ErrorCode::not_found) return std::uint64_t{0};
  return ballast.error();
}

void DiskGuard::judge(const DiskSpace& space, std::uint64_t held_bytes) {
  const std::uint64_t hard = limits_.min_free_bytes + limits_.ballast_bytes;
  const std::uint64_t soft = std::max(hard, soft_limit(limits_, space.total_bytes));
  // A limit is left further up than it was met, so that what a start or a poll writes does not
  // lead straight back to it.
  const std::uint64_t to_open = room_ == Room::none ? soft : hard;
  const std::uint64_t to_poll = room_ == Room::low ? soft + soft / 8 : soft;
  const std::uint64_t room_bytes = space.free_bytes + held_bytes;
  free_bytes_ = space.free_bytes;
  room_ = room_bytes < to_open ? Room::none : room_bytes < to_poll ? Room::low : Room::enough;
  const std::uint64_t needed = room_ == Room::none ? soft : soft + soft / 8;
  needed_bytes_ = needed - std::min(needed, held_bytes);
}

void DiskGuard::note_change() const {
  if (room_ == Room::enough)
    SPDLOG_INFO("the disk has room again dir={} free_mib={:.1f}", log_value(state_dir_.native()),
                mebibytes(free_bytes_));
  else
    SPDLOG_WARN("{} dir={}", reason(), log_value(state_dir_.native()));
}

void DiskGuard::make_ballast() {
  Result<void> made = drop_ballast();
  if (made && limits_.ballast_bytes > 0) {
    const Result<std::unique_ptr<File>> file = fs_.create(ballast_file(), kBallastMode);
    made = file ? (*file)->allocate(limits_.ballast_bytes) : file.error();
    // One of another size would be counted as room that is held.
    if (!made && file) static_cast<void>(drop_ballast());
  }
  if (!made && !ballast_failed_)
    SPDLOG_WARN("no disk space is kept for a clean stop file={} error={}",
                log_value(ballast_file().native()), log_value(made.error().message));
  ballast_failed_ = !made;
}

Result<void> DiskGuard::drop_ballast() {
  Result<void> removed = fs_.unlink(ballast_file());
  if (!removed && removed.error().code == ErrorCode::not_found) return {};
  return removed;
}

std::string DiskGuard::reason() const {
  if (room_ == Room::enough) return "";
  return fmt::format("{}: {:.1f} MiB free, {:.1f} MiB needed",
                     room_ == Room::none ? "disk full, waiting" : "disk nearly full, not polling",
                     mebibytes(free_bytes_), mebibytes(needed_bytes_));
}

}  // namespace feedwire::daemon
