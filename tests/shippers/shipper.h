// Debian's log shippers, run for real with the files of docs/shippers/, in which only paths differ.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace feedwire::tests {

/// How one kind of shipper is started. What it keeps lies in `dir`; nothing of the system's own
/// shipper is touched.
struct ShipperKind {
  const char* package;  // Debian's, and the folder below build/shippers/ that has it unpacked
  const char* program;  // path in the package
  const char* config;   // file name in docs/shippers/
  std::vector<std::string> (*prepare)(const std::filesystem::path& root,
                                      const std::filesystem::path& dir,
                                      const std::string& config);  // writes files; gives arguments
};

extern const ShipperKind kRsyslog, kSyslogNg;

/// Reads the event log in `events_dir` and writes what it reads to a file in `dir`, which must be
/// there and be empty.
class Shipper {
 public:
  /// Fails the test if the program is not there.
  Shipper(const ShipperKind& kind, const std::filesystem::path& events_dir,
          const std::filesystem::path& dir);

  void start();
  void stop();  // SIGTERM; returns once it has ended, and fails the test if it did badly
  void kill();  // SIGKILL

  std::uint64_t received_bytes() const;

  /// Lines so far, without LF. A kill may leave a part of a line at the end of the file, to which
  /// the next start appends: those parts are left out.
  std::vector<std::string> received() const;

 private:
  std::filesystem::path output_;
  std::vector<std::string> argv_, environment_;
  std::vector<std::uint64_t> killed_at_;  // sizes of the output
  std::unique_ptr<Process> process_;
};

}  // namespace feedwire::tests
