#include "daemon/address_guard.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace feedwire::daemon {
namespace {

struct Refused {
  IpNetwork network;
  std::string_view kind;
};

/// The special-purpose registries of IANA (RFC 6890), as far as no publisher can live there.
const std::vector<Refused>& refused_networks() {
  static const std::vector<Refused> kNetworks = [] {
    static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
        {"0.0.0.0/8", "unspecified"},
        {"10.0.0.0/8", "private"},
        {"100.64.0.0/10", "carrier NAT"},
        {"127.0.0.0/8", "loopback"},
        {"169.254.0.0/16", "link-local"},
        {"172.16.0.0/12", "private"},
        {"192.0.0.0/24", "reserved"},
        {"192.0.2.0/24", "documentation"},
        {"192.168.0.0/16", "private"},
        {"198.18.0.0/15", "benchmarking"},
        {"198.51.100.0/24", "documentation"},
        {"203.0.113.0/24", "documentation"},
        {"224.0.0.0/4", "multicast"},
        {"240.0.0.0/4", "reserved"},
        {"::/128", "unspecified"},
        {"::1/128", "loopback"},
        {"64:ff9b:1::/48", "local NAT64"},
        {"fc00::/7", "private"},
        {"fe80::/10", "link-local"},
        {"fec0::/10", "site-local"},
        {"ff00::/8", "multicast"},
    };
    std::vector<Refused> networks;
    for (const auto& [cidr, kind] : kTexts)
      networks.push_back({IpNetwork::parse(cidr).value(), kind});
    return networks;
  }();
  return kNetworks;
}

std::optional<std::string_view> kind_of(const IpAddress& address) {
  for (const Refused& refused : refused_networks())
    if (refused.network.contains(address)) return refused.kind;
  return std::nullopt;
}

IpAddress ipv4_at(const std::uint8_t* bytes, std::uint8_t mask) {
  sockaddr_in socket_address{};
  socket_address.sin_family = AF_INET;
  auto* out = reinterpret_cast<std::uint8_t*>(&socket_address.sin_addr);
  for (int i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(bytes[i] ^ mask);
  return IpAddress::from(reinterpret_cast<const sockaddr&>(socket_address)).value();
}

/// The IPv4 addresses that packets to this IPv6 address may end up at.
std::vector<IpAddress> ipv4_within(const IpAddress& address) {
  const auto& bytes = address.bytes();
  static constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xff, 0x9b};  // RFC 6052
  static constexpr std::array<std::uint8_t, 12> kCompatible{};                // RFC 4291 2.5.5.1
  static constexpr std::array<std::uint8_t, 4> kTeredo{0x20, 0x01};           // RFC 4380
  static constexpr std::array<std::uint8_t, 2> k6to4{0x20, 0x02};             // RFC 3056
  const auto starts_with = [&](const auto& prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
  };
  if (address.is_v4()) return {};
  if (starts_with(kNat64) || starts_with(kCompatible)) return {ipv4_at(bytes.data() + 12, 0)};
  if (starts_with(k6to4)) return {ipv4_at(bytes.data() + 2, 0)};
  // The server, and the client with its bits flipped.
  if (starts_with(kTeredo)) return {ipv4_at(bytes.data() + 4, 0), ipv4_at(bytes.data() + 12, 0xff)};
  return {};
}

}  // namespace

std::optional<std::string_view> AddressGuard::refusal(
    const IpAddress& address, const std::vector<IpNetwork>& also_allow) const {
  if (allowing(address, also_allow) != nullptr) return std::nullopt;
  const std::vector<IpAddress> within = ipv4_within(address);
  for (const IpAddress& ipv4 : within)
    if (const auto kind = kind_of(ipv4); kind && allowing(ipv4, also_allow) == nullptr) return kind;
  return kind_of(address);
}

const IpNetwork* AddressGuard::permission(const IpAddress& address,
                                          const std::vector<IpNetwork>& also_allow) const {
  static const AddressGuard kPublic({});
  if (!kPublic.refusal(address, {})) return nullptr;
  if (const IpNetwork* network = allowing(address, also_allow)) return network;
  for (const IpAddress& ipv4 : ipv4_within(address))
    if (const IpNetwork* network = allowing(ipv4, also_allow)) return network;
  return nullptr;
}

const IpNetwork* AddressGuard::allowing(const IpAddress& address,
                                        const std::vector<IpNetwork>& also_allow) const {
  for (const std::vector<IpNetwork>* list : {&also_allow, &allow_})
    for (const IpNetwork& network : *list)
      if (network.contains(address)) return &network;
  return nullptr;
}

}  // namespace feedwire::daemon
