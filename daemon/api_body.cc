#include "daemon/api_body.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>

namespace feedwire::daemon {

Result<rapidjson::Document> parse_body(const std::string& body) {
  rapidjson::Document json;
  // Iterative: a deeply nested document must not use up the stack.
  json.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(body.data(),
                                                                                     body.size());
  if (json.HasParseError())
    return Error{
        ErrorCode::malformed,
        fmt::format("no JSON: {} (byte {})", rapidjson::GetParseError_En(json.GetParseError()),
                    json.GetErrorOffset())};
  return json;
}

Error expected(std::string_view what) {
  return Error{ErrorCode::invalid_argument, fmt::format("expected {}", what)};
}

}  // namespace feedwire::daemon
