// Secrets that systemd hands to the service (LoadCredential= in systemd.exec(5); OP-3).

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.h"

namespace feedwire::daemon {

/// $CREDENTIALS_DIRECTORY; empty = the service was given none. Not while another thread changes the
/// environment.
std::filesystem::path credentials_dir();

/// Puts what the files hold in the place of "credential:NAME" in the headers of feeds. A line end
/// behind it does not count. Returns what is wrong, for people, a line each; headers of which
/// something is wrong stay as they are.
std::vector<std::string> take_credentials(config::Config& config, const std::filesystem::path& dir);

}  // namespace feedwire::daemon
