// What a parse worker gives up before it meets a stranger's bytes (design: "Parse workers";
// security S12). Part of the program feedwire-parse, not of the library, which is pure.

#pragma once

#include <cstddef>

#include "base/result.h"

namespace feedwire::feeds {

/// Of a worker: its programs and libraries, the regions it shares with the daemon, and all it
/// allocates. Not limited in a build with a sanitizer, whose shadow alone takes terabytes.
inline constexpr std::size_t kMaxAddressSpaceBytes = 512 * 1024 * 1024;

/// Loads the libraries and converters that a rare document needs, and reads a document of each
/// kind, so that whatever is opened or looked up at its first use is there before enter_sandbox()
/// forbids it. Errors: unavailable.
Result<void> rehearse();

/// From here on the calling thread, which must be the only one, may read from `input`, write to
/// `output` and stderr, use anonymous memory that it cannot execute, wait for futexes, and end. Any
/// other system call kills the process with SIGSYS; in a build with a sanitizer it fails, so that
/// the report comes through. Memory beyond kMaxAddressSpaceBytes is not to be had (std::bad_alloc),
/// and a crash leaves no core. There is no way back. Errors: io.
Result<void> enter_sandbox(int input, int output);

}  // namespace feedwire::feeds
