#include "base/ip_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace feedwire {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

using Bytes = std::array<std::uint8_t, 16>;

Bytes mapped(const void* four_bytes) {
  Bytes bytes{};
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
  std::memcpy(bytes.data() + kMappedPrefix.size(), four_bytes, 4);
  return bytes;
}

// `bytes` with everything behind the first `bits` bits zero.
Bytes masked(Bytes bytes, unsigned bits) {
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned kept = std::clamp(bits, i * 8, i * 8 + 8) - i * 8;
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00u >> kept));
  }
  return bytes;
}

Error not_a_network(std::string_view text, std::string_view why) {
  return Error{ErrorCode::invalid_argument, fmt::format("\"{}\": {}", text, why)};
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  const std::string copy(text);
  if (copy.size() == std::strlen(copy.c_str())) {
    if (in_addr v4; ::inet_pton(AF_INET, copy.c_str(), &v4) == 1) {
      address.bytes_ = mapped(&v4);
      return address;
    }
    if (::inet_pton(AF_INET6, copy.c_str(), address.bytes_.data()) == 1) return address;
  }
  return not_a_network(text, R"(not an IP address such as "10.1.2.3" or "fd00::1")");
}

std::optional<IpAddress> IpAddress::from(const sockaddr& address) {
  IpAddress result;
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    result.bytes_ = mapped(&v4.sin_addr);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    std::memcpy(result.bytes_.data(), &v6.sin6_addr, result.bytes_.size());
  } else {
    return std::nullopt;
  }
  return result;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const int family = is_v4() ? AF_INET : AF_INET6;
  const std::size_t skipped = is_v4() ? kMappedPrefix.size() : 0;
  return ::inet_ntop(family, bytes_.data() + skipped, buffer.data(), buffer.size());
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  Result<IpAddress> address = IpAddress::parse(text.substr(0, slash));
  if (!address) return not_a_network(text, R"(expected a network such as "10.0.0.0/8")");

  // A mapped address written with colons counts its prefix in 128 bits, a dotted one in 32.
  const bool dotted = text.find(':') == text.npos;
  const unsigned longest = dotted ? 32 : 128;
  unsigned bits = longest;
  if (slash != text.npos) {
    const char* const end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data() + slash + 1, end, bits);
    if (problem != std::errc{} || rest != end || bits > longest)
      return not_a_network(text, fmt::format("the prefix length must be 0 to {}", longest));
  }

  IpNetwork network;
  network.prefix_bits_ = dotted ? bits + kMappedBits : bits;
  network.base_.bytes_ = masked(address->bytes_, network.prefix_bits_);
  if (network.base_ != *address) {
    return not_a_network(
        text, fmt::format("bits are set behind the prefix; the network is \"{}\"", network.text()));
  }
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
  if (address.is_v4() != (base_.is_v4() && prefix_bits_ >= kMappedBits)) return false;
  return masked(address.bytes_, prefix_bits_) == base_.bytes_;
}

std::string IpNetwork::text() const {
  const bool v4 = base_.is_v4() && prefix_bits_ >= kMappedBits;
  return fmt::format("{}/{}", base_.text(), v4 ? prefix_bits_ - kMappedBits : prefix_bits_);
}

}  // namespace feedwire
