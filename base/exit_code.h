// How feedwired and feedwire end (spec OP-9, after sysexits.h): scripts and systemd branch on it.

#pragma once

#include "base/result.h"

namespace feedwire {

enum class ExitCode : int {
  ok = 0,
  gap = 3,           // tail --fail-on-gap met one
  usage = 64,        // the command line is wrong
  data = 65,         // not a feed; findings of fsck and verify
  unavailable = 69,  // the daemon is needed but not reachable
  internal = 70,     // a bug
  io = 74,           // a file or a socket failed; systemd restarts the daemon
  temporary = 75,    // somebody else holds the lock
  permission = 77,
  config = 78,  // invalid configuration or a corrupt store; systemd does not restart
};

/// What main() returns.
constexpr int to_int(ExitCode code) { return static_cast<int>(code); }

/// The exit code of a program that ends because of an Error with this code.
constexpr ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return ExitCode::usage;
    case ErrorCode::malformed:
    case ErrorCode::too_large:
    case ErrorCode::not_found:
      return ExitCode::data;
    case ErrorCode::timed_out:
    case ErrorCode::unavailable:
      return ExitCode::unavailable;
    case ErrorCode::corrupt:
    case ErrorCode::unsupported:
      return ExitCode::config;
    case ErrorCode::busy:
      return ExitCode::temporary;
    case ErrorCode::permission:
      return ExitCode::permission;
    case ErrorCode::no_space:
    case ErrorCode::io:
      return ExitCode::io;
  }
  return ExitCode::internal;
}

}  // namespace feedwire
