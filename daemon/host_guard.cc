#include "daemon/host_guard.h"

#include <unistd.h>

#include <array>

#include "base/ip_network.h"
#include "feeds/ascii.h"

namespace feedwire::daemon {
namespace {

/// "Host" without its port and, of an IPv6 address, without the brackets.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == host.npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) < 0) return {};
  return feeds::to_lower_ascii(name.data());
}

}  // namespace

HostGuard::HostGuard() : machine_(machine_name()) {}

bool HostGuard::is_ours(std::string_view host) const {
  const std::string name = feeds::to_lower_ascii(host_name(host));
  // Nobody but a resolver can be made to lie, and an address asks none.
  if (name == "localhost" || name.ends_with(".localhost") || IpAddress::parse(name)) return true;
  return !name.empty() && name == machine_;
}

bool HostGuard::is_page_of_others(std::string_view host, std::string_view origin) const {
  if (host_name(host).find('.') != host.npos && !is_ours(host)) return true;
  if (origin.empty()) return false;
  const std::size_t scheme = origin.find("://");
  return scheme == origin.npos ||
         feeds::to_lower_ascii(origin.substr(scheme + 3)) != feeds::to_lower_ascii(host);
}

}  // namespace feedwire::daemon
