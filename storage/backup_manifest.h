// manifest.json of a backup: what it is of, and size and SHA-256 of every file. It is written last,
// so a folder without it is no backup (storage/event_log.md, "Backup").

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/result.h"
#include "storage/log_verify.h"

namespace feedwire::storage {

inline constexpr std::string_view kManifestFile = "manifest.json";

struct BackupManifest {
  struct FileFacts {
    std::string path;  // within the backup: "db/CURRENT", "events/events-…"
    std::uint64_t size_bytes = 0;
    std::string sha256;  // in hex

    bool operator==(const FileFacts&) const = default;
  };

  std::string source;  // of the log, "urn:uuid:…"
  std::uint32_t epoch = 0;
  Sequence last = 0;  // of its last event
  WallTime made{};
  std::vector<FileFacts> files;  // in the order of their paths
};

/// Size and SHA-256 of the files in db/ and events/ of `dir`. `go_on` is asked before each.
/// Errors: busy (`go_on` said no), io.
Result<std::vector<BackupManifest::FileFacts>> hash_backup(
    Fs& fs, const std::filesystem::path& dir,
    const std::function<bool(std::uint64_t done_bytes)>& go_on);

/// Errors: io.
Result<void> write_manifest(Fs& fs, const std::filesystem::path& dir,
                            const BackupManifest& manifest);

/// Errors: not_found (no backup, or one that did not get to its end), malformed, unsupported (made
/// by a newer feedwire), io.
Result<BackupManifest> read_manifest(const std::filesystem::path& dir);

/// Reads every file. Errors: malformed (a file is missing, differs or is one too many; says which),
/// io.
Result<void> check_backup(Fs& fs, const std::filesystem::path& dir, const BackupManifest& manifest,
                          const Progress& progress);

}  // namespace feedwire::storage
