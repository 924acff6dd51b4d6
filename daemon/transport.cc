#include "daemon/transport.h"

namespace feedwire::daemon {

std::string_view to_string(TransportError error) {
  switch (error) {
    case TransportError::none:
      return "none";
    case TransportError::dns:
      return "dns";
    case TransportError::connect:
      return "connect";
    case TransportError::tls:
      return "tls";
    case TransportError::timeout:
      return "timeout";
    case TransportError::too_slow:
      return "too_slow";
    case TransportError::reset:
      return "reset";
    case TransportError::truncated:
      return "truncated";
    case TransportError::too_large:
      return "too_large";
    case TransportError::blocked:
      return "blocked";
    case TransportError::bad_redirect:
      return "bad_redirect";
    case TransportError::bad_encoding:
      return "bad_encoding";
    case TransportError::other:
      return "other";
  }
  return "other";
}

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return std::nullopt;
}

}  // namespace feedwire::daemon
