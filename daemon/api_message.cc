#include "daemon/api_message.h"

#include <charconv>
#include <cstddef>

#include "base/json_writer.h"
#include "base/redact.h"
#include "base/utf8.h"

namespace feedwire::daemon {
namespace {

/// RFC 9110 15 and RFC 6585, those that the API uses.
std::string_view reason(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

ApiReply problem(int status, std::string_view detail, const std::vector<std::string>& mistakes) {
  ApiReply reply{.status = status, .content_type = "application/problem+json"};
  JsonWriter json(reply.body);
  json.begin_object().field("title", reason(status)).field("status", status);
  json.field("detail", repair_utf8(redact_urls(detail)));
  if (!mistakes.empty()) {
    json.key("mistakes").begin_array();
    for (const std::string& mistake : mistakes) json.string(repair_utf8(redact_urls(mistake)));
    json.end_array();
  }
  json.end_object();
  return reply;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == '%') {
      const std::string_view digits = text.substr(i + 1, 2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), c, 16);
      if (error != std::errc{} || end != text.data() + i + 3)
        return Error{ErrorCode::malformed, "a % that two hex digits do not follow"};
      i += 2;
    }
    if (c < 0x20 || c == 0x7f) return Error{ErrorCode::malformed, "a control character"};
    decoded += static_cast<char>(c);
  }
  if (!is_valid_utf8(decoded)) return Error{ErrorCode::malformed, "not UTF-8"};
  return decoded;
}

Result<std::vector<std::string>> split_path(std::string_view path) {
  if (!path.starts_with('/'))
    return Error{ErrorCode::malformed, "a path that does not begin with /"};
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    Result<std::string> decoded = percent_decode(segment);
    if (!decoded) return std::move(decoded).error();
    segments.push_back(*std::move(decoded));
    path.remove_prefix(segment.size());
  }
  return segments;
}

}  // namespace feedwire::daemon
