#include "daemon/revision.h"

namespace feedwire::daemon {

std::string_view revision() { return FEEDWIRE_REVISION; }

}  // namespace feedwire::daemon
