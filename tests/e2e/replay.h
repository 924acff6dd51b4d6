// A recording of `feedwired --record`, polled again in virtual time.

#pragma once

#include <set>
#include <string>
#include <vector>

#include "daemon/recording.h"

namespace feedwire::tests {

/// The events of entries with what EV-6 lets differ taken away.
std::multiset<std::string> entry_events(const std::vector<std::string>& lines);

/// The log of a daemon that polls these URLs and gets these answers. Fails the test unless all are
/// asked for.
std::vector<std::string> replay(std::vector<daemon::RecordedResponse> recording,
                                const std::vector<std::string>& urls);

}  // namespace feedwire::tests
