// The bodies of requests to the API: JSON that anybody may have written.

#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace feedwire::daemon {

/// However deeply nested; strings are valid UTF-8. Any thread. Errors: malformed, with the byte.
Result<rapidjson::Document> parse_body(const std::string& body);

/// Of a body that says something else than `what`: invalid_argument.
Error expected(std::string_view what);

}  // namespace feedwire::daemon
