#include "daemon/tcp_listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <string_view>

namespace feedwire::daemon {
namespace {

constexpr int kBacklog = 128;

Error bad_address(std::string_view text) {
  return {ErrorCode::invalid_argument,
          fmt::format("\"{}\" is no address such as \"127.0.0.1:8081\" or \"[::1]:8081\"", text)};
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Result<SocketAddress> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  if (colon == text.npos) return bad_address(text);
  if (const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
      error != std::errc{} || rest != end)
    return bad_address(text);
  SocketAddress address;
  if (text.starts_with('[') && text[colon - 1] == ']') {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof *v6;
    if (::inet_pton(AF_INET6, text.substr(1, colon - 2).c_str(), &v6->sin6_addr) == 1)
      return address;
  } else {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof *v4;
    if (::inet_pton(AF_INET, text.substr(0, colon).c_str(), &v4->sin_addr) == 1) return address;
  }
  return bad_address(text);
}

}  // namespace

Result<UniqueFd> listen_tcp(const std::string& text) {
  Result<SocketAddress> address = parse_address(text);
  if (!address) return std::move(address).error();
  UniqueFd fd(::socket(address->get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address->get(), address->size) < 0 || ::listen(fd.get(), kBacklog) < 0) {
    if (errno == EADDRINUSE) return Error{ErrorCode::busy, "somebody else listens there"};
    if (errno == EACCES) return Error{ErrorCode::permission, "not allowed to listen there"};
    return errno_error("listen");
  }
  return fd;
}

Result<ListenedAt> listened_at(const UniqueFd& listener) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&bound), &size) < 0)
    return errno_error("getsockname");
  ListenedAt place;
  if (bound.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(bound);
    place.port = ntohs(v6.sin6_port);
    place.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(bound);
    place.port = ntohs(v4.sin_port);
    place.is_loopback = ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  return place;
}

}  // namespace feedwire::daemon
