// The part of fsck that looks at what others may do with the files, and at the link to the active
// segment (storage/event_log.md, "Files").

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "storage/findings.h"
#include "storage/log_verify.h"

namespace feedwire::storage {

/// Of a store that was stopped cleanly: after a kill the next start sees to all this. To the link
/// it sees always, for a power cut takes back what is not synced.
void check_places(const std::filesystem::path& state_dir, const VerifiedLog& log,
                  Findings& findings, std::vector<std::string>& to_be_mended);

}  // namespace feedwire::storage
