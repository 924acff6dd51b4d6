// Which addresses a feed may be fetched from (security S1): not those inside the house, unless the
// operator allows them. Decided on the address about to be connected, never on a name.

#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_network.h"

namespace feedwire::daemon {

/// May be called from any thread.
class AddressGuard {
 public:
  /// `allow` names networks that every feed may reach although they are refused otherwise.
  explicit AddressGuard(std::vector<IpNetwork> allow) : allow_(std::move(allow)) {}

  /// Why `address` must not be connected, e.g. "loopback"; nothing if it may. `also_allow` is the
  /// feed's own list. An IPv4 address within an IPv6 one (mapped, NAT64, 6to4, Teredo) is judged
  /// like that IPv4 address, and allowed by a network of either kind.
  std::optional<std::string_view> refusal(const IpAddress& address,
                                          const std::vector<IpNetwork>& also_allow) const;

  /// The network without which `address` would be refused; null where there is none, be it that it
  /// is refused or that anybody may reach it.
  const IpNetwork* permission(const IpAddress& address,
                              const std::vector<IpNetwork>& also_allow) const;

 private:
  const IpNetwork* allowing(const IpAddress& address,
                            const std::vector<IpNetwork>& also_allow) const;

  std::vector<IpNetwork> allow_;
};

}  // namespace feedwire::daemon
