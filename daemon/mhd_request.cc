#include "daemon/mhd_request.h"

#include <fmt/format.h>
#include <microhttpd.h>
#include <spdlog/spdlog.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "daemon/api_message.h"

namespace feedwire::daemon {
namespace {

struct Query {
  std::map<std::string, std::string> fields;
  std::string mistake;
};

MHD_Result add_query_field(void* cls, MHD_ValueKind, const char* name, const char* value) {
  Query& query = *static_cast<Query*>(cls);
  Result<std::string> decoded_name = percent_decode(name);
  Result<std::string> decoded_value = percent_decode(value == nullptr ? "" : value);
  if (!decoded_name || !decoded_value) {
    query.mistake = (decoded_name ? decoded_value : decoded_name).error().message;
    return MHD_NO;
  }
  const bool fresh = query.fields.emplace(*decoded_name, *std::move(decoded_value)).second;
  if (!fresh) query.mistake = fmt::format("\"{}\" twice", *decoded_name);
  return fresh ? MHD_YES : MHD_NO;
}

}  // namespace

std::size_t keep_escapes(void*, MHD_Connection*, char* text) { return std::strlen(text); }

void log_mhd_message(void*, const char* format, va_list arguments) {
  std::array<char, 512> message{};
  std::vsnprintf(message.data(), message.size(), format, arguments);
  SPDLOG_DEBUG("http: {}", message.data());
}

// libmicrohttpd's header size is that of the request line and all fields.
bool has_larger_header(MHD_Connection* connection, std::size_t bytes) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info != nullptr && info->header_size > bytes;
}

bool announces_more(MHD_Connection* connection, std::uint64_t bytes) {
  const char* length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
  if (length == nullptr) return false;
  std::uint64_t announced = 0;
  const auto [rest, error] = std::from_chars(length, length + std::strlen(length), announced);
  return error != std::errc{} || announced > bytes;
}

Result<std::map<std::string, std::string>> query_of(MHD_Connection* connection) {
  Query query;
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &add_query_field, &query);
  if (!query.mistake.empty())
    return Error{ErrorCode::malformed, fmt::format("query: {}", query.mistake)};
  return std::move(query.fields);
}

}  // namespace feedwire::daemon
