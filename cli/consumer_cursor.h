#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/daemon_client.h"
#include "config/config.h"
#include "storage/segment_name.h"

namespace feedwire::cli {

/// The cursor of one consumer of the event log, kept by feedwired. While that is down it can be
/// read, but not moved. Used by one thread.
class ConsumerCursor {
 public:
  /// `config` must outlive the object.
  ConsumerCursor(const config::Config& config, std::string name);

  /// The last sequence that is done with; nothing if there is no such cursor. Errors: those of
  /// StoreView.
  Result<std::optional<storage::Sequence>> acked() const;

  /// Everything up to `sequence` is done with. A cursor that is beyond it stays there. Errors:
  /// unavailable and busy (to be tried again later), permission, invalid_argument (the name is
  /// none), io.
  Result<void> ack(storage::Sequence sequence);

  /// Puts the cursor there, wherever it is. Errors: as ack().
  Result<void> move(storage::Sequence sequence);

 private:
  Result<void> put(storage::Sequence sequence, bool force) const;

  const config::Config& config_;
  const std::string name_;
  const DaemonClient daemon_;
  std::optional<storage::Sequence> told_;  // what feedwired knows
};

}  // namespace feedwire::cli
