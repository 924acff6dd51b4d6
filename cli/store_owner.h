#pragma once

#include <memory>

#include "base/clock.h"
#include "base/fs.h"
#include "base/result.h"
#include "base/rng.h"
#include "config/config.h"
#include "storage/store.h"

namespace feedwire::cli {

/// What it takes to change a store while feedwired is stopped. Used by one thread; outlives the
/// stores it opens.
class StoreOwner {
 public:
  /// Opens the configured store under its lock, which repairs it if need be. Errors: not_found
  /// (there is none), busy (feedwired runs), and those of Store::open().
  Result<std::unique_ptr<storage::Store>> open(const config::Config& config);

  /// Root becomes the user that the state folder belongs to, if it is there: files of root would be
  /// closed to feedwired. Errors: permission.
  static Result<void> become_owner(const std::filesystem::path& state_dir);

  static storage::Options options(const config::Config& config);

  const Clock& clock() const { return clock_; }
  Rng& rng() { return rng_; }

 private:
  PosixFs fs_;
  SystemClock clock_;
  SystemRng rng_;
};

}  // namespace feedwire::cli
