// IP addresses and networks in CIDR notation (RFC 4632, RFC 4291), as `allow` lists name them and
// as the address guard compares them.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sockaddr;

namespace feedwire {

/// An IPv4 or IPv6 address without port or zone. IPv4 and IPv4-mapped IPv6 (::ffff:a.b.c.d) are one
/// and the same, so that no spelling slips past a rule.
class IpAddress {
 public:
  /// "10.1.2.3" (four decimal parts), "::1"; without brackets, zone or port.
  /// Errors: invalid_argument.
  static Result<IpAddress> parse(std::string_view text);

  /// The address of an AF_INET or AF_INET6 socket address; nothing for other families.
  static std::optional<IpAddress> from(const sockaddr& address);

  bool is_v4() const;
  /// 16 bytes, network order; IPv4 in its mapped form.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::string text() const;  // RFC 5952; IPv4 dotted

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};

  friend class IpNetwork;
};

/// All addresses that share a prefix.
class IpNetwork {
 public:
  /// "127.0.0.0/8", "::1/128", or an address alone, which is a network of one. Bits behind the
  /// prefix must be zero: in "10.1.2.3/8" either part may be the mistake.
  /// Errors: invalid_argument; the message says what was expected.
  static Result<IpNetwork> parse(std::string_view text);

  /// IPv4 addresses are in IPv4 networks only: "::/0" holds none of them.
  bool contains(const IpAddress& address) const;

  std::string text() const;  // "127.0.0.0/8"

 private:
  IpAddress base_;
  unsigned prefix_bits_ = 0;  // of the 128; an IPv4 /8 is 104
};

}  // namespace feedwire
