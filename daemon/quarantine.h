// Which documents are not given to a parse worker again as they are, because they brought one down
// (design: "Parse workers"; security S12).

#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"
#include "base/result.h"

namespace feedwire::daemon {

/// Knows documents by the hash of their body: one that changes is a new document. Kept in memory:
/// a daemon that starts, maybe with another parser, tries everything again. Used by one thread.
class Quarantine {
 public:
  static constexpr std::size_t kMaxBodies = 1024;  // the oldest makes room for a new one
  /// After that a body is unknown again: it may have been the machine's fault after all.
  static constexpr std::chrono::hours kTime{24};

  struct Case {
    Hash128 body;
    bool proven;  // it failed alone in a fresh process; else it has yet to be tried so
    Error error;  // what it came to
    MonoTime until;
  };

  /// Null for a body that is not known; the pointer holds until the next call. As long as there are
  /// no cases, no body is hashed.
  const Case* find(std::string_view body, MonoTime now);
  void add(std::string_view body, bool proven, Error error, MonoTime now);
  void forget(std::string_view body);

 private:
  std::deque<Case> cases_;  // the oldest first
};

}  // namespace feedwire::daemon
