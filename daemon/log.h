// The daemon's log: spdlog's default logger, writing one record as one line to stderr, with the
// priorities of the journal where that reads it; then the journal is given records with their
// fields as soon as there is a daemon (operations.md 8.3).

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace feedwire::daemon {

enum class LogStyle {
  journal,  // "<6>message": sd-daemon(3) priorities; time and program are added by the journal
  text,     // "2026-11-21T21:15:01.250000Z info message"
};

/// The style for `fd`, given $JOURNAL_STREAM ("device:inode", systemd.exec(5); empty if unset):
/// journal if that is what `fd` is connected to.
LogStyle log_style(std::string_view journal_stream, int fd);

/// Gives spdlog a default logger that writes to `fd`, which stays the caller's. Call it once,
/// before other threads log. Whatever a record says, it stays one line without secrets
/// (log_text.h). A record that cannot be written is dropped: a log that nobody reads must not stop
/// the daemon.
void set_up_log(int fd, LogStyle style);

/// Where the style is the journal's, sends records from now on to its socket at `path`, with their
/// fields (journal.h), and writes a line only where that fails. For a process that goes on: of one
/// that has ended the journal cannot tell any more to which unit it belonged, unless it has had a
/// record or line of it before; so what keeps the daemon from starting is better written. Any
/// thread.
void log_to_journal(const std::string& path);

/// Which records are written: "error", "warn", "info" or "debug", as log.level has it. Any thread.
/// Errors: invalid_argument.
Result<void> set_log_level(std::string_view level);

/// Opens /dev/null in place of each of stdin, stdout and stderr that the parent closed, so that no
/// log line ends up in a file that was opened since. Call it first of all. Errors: io.
Result<void> open_standard_fds();

}  // namespace feedwire::daemon
