#include "base/ip_network.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

namespace feedwire {
namespace {

bool holds(std::string_view network, std::string_view address) {
  return IpNetwork::parse(network).value().contains(IpAddress::parse(address).value());
}

}  // namespace

TEST_CASE("a network holds the addresses that share its prefix", "[ip]") {
  CHECK(holds("127.0.0.0/8", "127.255.0.1"));
  CHECK_FALSE(holds("127.0.0.0/8", "128.0.0.1"));
  CHECK(holds("192.168.1.128/25", "192.168.1.200"));
  CHECK_FALSE(holds("192.168.1.128/25", "192.168.1.100"));
  CHECK(holds("10.1.2.3", "10.1.2.3"));
  CHECK_FALSE(holds("10.1.2.3", "10.1.2.4"));
  CHECK(holds("0.0.0.0/0", "8.8.8.8"));
  CHECK(holds("::1/128", "::1"));
  CHECK(holds("fc00::/7", "fdff::1"));
  CHECK_FALSE(holds("fc00::/7", "fe80::1"));
}

TEST_CASE("an IPv4-mapped address is the IPv4 address it maps", "[ip]") {
  CHECK(holds("127.0.0.0/8", "::ffff:127.0.0.1"));
  CHECK(holds("::ffff:127.0.0.0/104", "127.0.0.1"));
  CHECK(IpAddress::parse("::ffff:10.0.0.1").value().text() == "10.0.0.1");
  CHECK_FALSE(holds("::/0", "127.0.0.1"));
  CHECK_FALSE(holds("0.0.0.0/0", "::1"));
}

TEST_CASE("what is no network is refused with what was expected", "[ip]") {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8",
        "010.0.0.0/8", "localhost", "fe80::1%eth0", "[::1]", "::/129", "10.0.0.0 /8"}) {
    INFO(text);
    CHECK_FALSE(IpNetwork::parse(text));
  }
  CHECK(IpNetwork::parse("10.1.2.3/8").error().message ==
        R"("10.1.2.3/8": bits are set behind the prefix; the network is "10.0.0.0/8")");
  CHECK_FALSE(IpAddress::parse(std::string_view("10.0.0.1\0", 9)));
}

TEST_CASE("an address is read from a socket address", "[ip]") {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(IpAddress::from(reinterpret_cast<const sockaddr&>(v4))->text() == "127.0.0.1");

  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  CHECK(IpAddress::from(reinterpret_cast<const sockaddr&>(v6))->text() == "::1");

  sockaddr other{};
  other.sa_family = AF_UNIX;
  CHECK_FALSE(IpAddress::from(other));
}

}  // namespace feedwire
