// What feedwired does while its disk is full: it waits, without an open store (DB-1). Ending
// instead would burn the service manager's restarts, and somebody would have to start it by hand.

#pragma once

#include <chrono>
#include <filesystem>

#include "base/result.h"
#include "daemon/disk_guard.h"
#include "daemon/notify.h"

namespace feedwire::daemon {

enum class StandbyEnd { room, signal };

inline constexpr std::chrono::seconds kStandbyCheckEvery{5};

/// Returns once `guard` sees room, or on SIGTERM or SIGINT. Until then the service manager is told
/// that the daemon runs, and why it does nothing; at `socket` /livez is answered, and all else with
/// 503; SIGHUP waits. Called by the main thread while it is the only one. Errors: io (the disk
/// cannot be asked).
Result<StandbyEnd> stand_by(DiskGuard& guard, const ServiceEnvironment& environment,
                            const std::filesystem::path& socket);

}  // namespace feedwire::daemon
