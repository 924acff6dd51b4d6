// The poll ledger: a line for each request that the daemon made, in files of their own beside the
// event log (http.md H-90; storage/poll_ledger.md). Not part of what must not be lost: nothing
// waits for it, and it is never synced.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "storage/poll_record.h"

namespace feedwire::storage {

/// Writes the ledger. Used by one thread.
class PollLedger {
 public:
  /// The ledger is so many files while it is full: the oldest goes when a new one begins.
  static constexpr std::uint64_t kFiles = 8;

  /// Makes `dir` where it is missing, and goes on in the last file that is there. The files
  /// together take no more than `max_bytes` of disk, give or take a record. Errors: io.
  static Result<std::unique_ptr<PollLedger>> open(Fs& fs, std::filesystem::path dir,
                                                  std::uint64_t max_bytes);

  /// Writes lines of append_poll_record(). On an error an unknown part of them is written, and the
  /// next ones begin a new file. Errors: io.
  Result<void> append(std::string_view lines);

 private:
  PollLedger(Fs& fs, std::filesystem::path dir, std::uint64_t max_bytes, std::uint64_t next)
      : fs_(fs), dir_(std::move(dir)), file_bytes_(max_bytes / kFiles), next_(next) {}

  Result<void> resume_file(std::uint64_t number);
  Result<void> begin_file();
  Result<void> make_room();

  Fs& fs_;
  const std::filesystem::path dir_;
  const std::uint64_t file_bytes_;  // of one file
  std::uint64_t next_;              // number of the next file
  std::unique_ptr<File> file_;      // null: to be begun
  std::uint64_t offset_ = 0;
};

/// Gives each record to `visit`, in the order they were written. A line that is no record, as a
/// power cut leaves, is skipped and counted. Files that are taken away meanwhile are passed over.
/// Returns how many lines were skipped. Errors: not_found, io.
Result<std::uint64_t> read_ledger(Fs& fs, const std::filesystem::path& dir,
                                  const std::function<void(const PollRecord&)>& visit);

}  // namespace feedwire::storage
