#include "daemon/address_guard.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "tests/daemon/fetcher.h"
#include "tests/support/web_server.h"

namespace feedwire::daemon {
namespace {

IpAddress address(const std::string& text) { return IpAddress::parse(text).value(); }

std::vector<IpNetwork> networks(std::initializer_list<std::string_view> cidrs) {
  std::vector<IpNetwork> list;
  for (const std::string_view cidr : cidrs) list.push_back(IpNetwork::parse(cidr).value());
  return list;
}

}  // namespace

TEST_CASE("S1 every network without publishers is refused, to its last address", "[guard]") {
  const AddressGuard guard({});
  const std::string refused = GENERATE(
      "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
      "127.0.0.1", "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.0",
      "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.0.0", "192.168.255.255", "198.18.0.0",
      "198.19.255.255", "198.51.100.7", "203.0.113.255", "224.0.0.1", "239.255.255.255",
      "240.0.0.0", "255.255.255.255", "::", "::1", "fc00::1", "fdff:ffff::1", "fe80::1", "febf::1",
      "fec0::1", "ff02::1", "64:ff9b:1::1");
  CAPTURE(refused);
  CHECK(guard.refusal(address(refused), {}));
}

TEST_CASE("S1 the addresses beside them may be connected", "[guard]") {
  const AddressGuard guard({});
  const std::string open = GENERATE(
      "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
      "128.0.0.1", "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255",
      "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:2800:220:1::1", "2a00::1", "fbff::1",
      "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8", "2001:db7::1");
  CAPTURE(open);
  CHECK_FALSE(guard.refusal(address(open), {}));
}

TEST_CASE("S1 an IPv4 address within an IPv6 address is judged as itself", "[guard]") {
  const AddressGuard guard({});
  const std::string spelling = GENERATE("::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1",
                                        "2002:a00:1::", "2002:a00:1:1:2:3:4:5", "2001:0:a00:1::1",
                                        "2001:0:808:808:0:0:f5ff:fffe");
  CAPTURE(spelling);
  CHECK(guard.refusal(address(spelling), {}) == "private");
}

TEST_CASE("S1 a network can be allowed for all or for one feed", "[guard]") {
  const AddressGuard guard(networks({"10.1.0.0/16"}));
  CHECK_FALSE(guard.refusal(address("10.1.2.3"), {}));
  CHECK_FALSE(guard.refusal(address("64:ff9b::10.1.2.3"), {}));
  CHECK(guard.refusal(address("10.2.0.1"), {}) == "private");
  CHECK_FALSE(guard.refusal(address("10.2.0.1"), networks({"10.2.0.1"})));
  CHECK_FALSE(guard.refusal(address("fd00::7"), networks({"fd00::/8"})));
  CHECK(guard.refusal(address("127.0.0.1"), networks({"10.2.0.1"})) == "loopback");
}

TEST_CASE("S3 no spelling of an address reaches it", "[guard][transport]") {
  static constexpr const char* kSpellings[] = {"127.0.0.1",
                                               "127.1",
                                               "127.0.1",

                                               "2130706433",
                                               "0x7f000001",
                                               "0x7F000001",
                                               "0x7f.1",
                                               "0x7f.0x0.0x0.0x1",
                                               "0177.0.0.1",
                                               "0177.1",
                                               "017700000001",
                                               "00000177.0.0.1",
                                               "127.0.0.0x1",
                                               "localhost",
                                               "LOCALHOST",

                                               "%31%32%37.0.0.1",
                                               "127.255.255.254",
                                               "[::1]",
                                               "[0:0:0:0:0:0:0:1]",
                                               "[0000::0001]",
                                               "[::ffff:127.0.0.1]",
                                               "[::ffff:7f00:1]",
                                               "[0:0:0:0:0:ffff:7f00:0001]",
                                               "[::127.0.0.1]",
                                               "[64:ff9b::127.0.0.1]",
                                               "[64:ff9b::7f00:1]",
                                               "[2002:7f00:1::]",
                                               "[2001:0:7f00:1::]",
                                               "[2001::80ff:fffe]",
                                               "0",
                                               "0.0.0.0",
                                               "0x0",
                                               "[::]",
                                               "169.254.169.254",
                                               "2852039166",
                                               "0xa9fea9fe",
                                               "0251.0376.0251.0376",
                                               "[::ffff:169.254.169.254]",
                                               "10.0.0.1",
                                               "192.168.1.1",
                                               "172.16.0.1",
                                               "100.64.0.1",
                                               "[fe80::1]",
                                               "[fc00::1]",
                                               "１２７.0.0.1",
                                               "127。0。0。1",
                                               "①②⑦.0.0.1"};
  tests::WebServer server;
  TransportOptions options = test_options();
  options.allow.clear();
  Fetcher fetcher(options);
  for (const std::string spelling : kSpellings) {
    CAPTURE(spelling);
    const HttpResponse response = fetcher.get(server.url("/feed", spelling));
    CHECK(response.error == TransportError::blocked);
    CHECK(response.status == 0);
  }
  // Some resolvers know these, others do not.
  for (const char* spelling : {"127.0.0.1.", "localhost."})
    CHECK(fetcher.get(server.url("/feed", spelling)).error != TransportError::none);
  CHECK(server.connections() == 0);
}

}  // namespace feedwire::daemon
