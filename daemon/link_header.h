// The Link header (RFC 8288) of an answer.

#pragma once

#include <string>
#include <string_view>

#include "daemon/transport.h"

namespace feedwire::daemon {

/// The target of the first link with that relation type (in lower case), made absolute against the
/// URL that answered; empty where there is none, or no http or https URL. Links with an anchor say
/// something of another document and do not count.
std::string linked_url(const HttpResponse& response, std::string_view relation);

}  // namespace feedwire::daemon
