// What libcurl's result codes mean to a poll.

#pragma once

#include <curl/curl.h>

#include "daemon/transport.h"

namespace feedwire::daemon {

TransportError transport_error(CURLcode code);

}  // namespace feedwire::daemon
