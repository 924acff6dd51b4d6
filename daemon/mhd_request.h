// How requests are read from libmicrohttpd; what the daemon's HTTP servers have in common.

#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

struct MHD_Connection;

namespace feedwire::daemon {

/// For MHD_OPTION_UNESCAPE_CALLBACK. Leaves escapes as they are: libmicrohttpd's own decoding would
/// end a path at %00.
std::size_t keep_escapes(void*, MHD_Connection*, char* text);

/// For MHD_OPTION_EXTERNAL_LOGGER: to the debug log.
void log_mhd_message(void*, const char* format, va_list arguments);

/// Whether request line and fields are larger than `bytes` together.
bool has_larger_header(MHD_Connection* connection, std::size_t bytes);

/// Whether its Content-Length is more than `bytes`, or no number.
bool announces_more(MHD_Connection* connection, std::uint64_t bytes);

/// The fields of the query, decoded. Errors: malformed, also where one is there twice.
Result<std::map<std::string, std::string>> query_of(MHD_Connection* connection);

}  // namespace feedwire::daemon
