// The journal's native protocol (systemd's JOURNAL_NATIVE_PROTOCOL): a record is one datagram of
// fields, by which `journalctl FEEDWIRE_URL=…` finds it. Our own sender, as libsystemd is not used
// for anything else (operations.md 8.3).

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace feedwire::daemon {

inline constexpr char kJournalSocket[] = "/run/systemd/journal/socket";

/// A kind of record that is worth finding again: MESSAGE_ID for those that begin with `start`.
/// systemd/feedwire.catalog says for each what it means and what to do.
struct JournalMessage {
  std::string_view start, id;  // 32 hex digits
};
std::span<const JournalMessage> journal_messages();

/// Where in the sources a record is made.
struct CodePlace {
  std::string_view file;  // however the compiler names it; empty = unknown
  int line = 0;
  std::string_view function;
};

/// The datagram for a record: MESSAGE, PRIORITY (syslog(3)), SYSLOG_FACILITY, SYSLOG_IDENTIFIER,
/// MESSAGE_ID where its kind has one, CODE_FILE (folder and name), CODE_LINE and CODE_FUNC where it
/// is known who made it, and a field FEEDWIRE_NAME for each ` name=value` in it,
/// values without their quotes. `line` is as log_line() leaves it: one line, whose values from
/// strangers went through log_value(), so that none of them can make a field of its own; and since
/// each of our fields has the prefix, no name meets one that the journal gives a meaning.
std::string journal_record(int priority, std::string_view line, const CodePlace& place = {});

/// Where records are sent. Any thread.
class JournalSocket {
 public:
  /// Nothing is opened at `path` before the first record: the journal may be restarted.
  explicit JournalSocket(const std::string& path);

  /// Whether the record was handed over, or dropped since the journal is overwhelmed; false where
  /// it cannot be had this way. One is at most kMaxLogLineBytes twice over (the line, then its
  /// values) and some names, which the usual buffer of a socket (208 KiB) takes many times: no
  /// memfd, as larger ones need, is ever made.
  bool send(std::string_view record) const;

 private:
  UniqueFd fd_;
  std::string path_;
};

}  // namespace feedwire::daemon
