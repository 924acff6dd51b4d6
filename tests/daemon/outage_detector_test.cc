#include "daemon/outage_detector.h"

#include <catch2/catch.hpp>
#include <string>

namespace feedwire::daemon {
namespace {

constexpr auto kDown = TransportError::dns;
constexpr auto kUp = TransportError::none;

std::string host(int i) { return "h" + std::to_string(i); }

// After 20 attempts, of which the last `failed` failed at `hosts` hosts.
OutageDetector after(int failed, int hosts, TransportError error = kDown) {
  OutageDetector outage;
  for (int i = 0; i < 20 - failed; ++i) outage.note("well", kUp);
  for (int i = 0; i < failed; ++i) outage.note(host(i % hosts), error);
  return outage;
}

}  // namespace

TEST_CASE("H-62 half of 20 attempts at five hosts failing for want of a network is an outage",
          "[outage]") {
  CHECK(after(10, 5).offline());
  CHECK(after(10, 10, TransportError::connect).offline());
  CHECK_FALSE(after(9, 9).offline());
  CHECK_FALSE(after(20, 4).offline());
  CHECK_FALSE(after(20, 20, TransportError::timeout).offline());
  CHECK_FALSE(after(20, 20, TransportError::tls).offline());
}

TEST_CASE("H-62 the first attempts of all tell nothing yet", "[outage]") {
  OutageDetector outage;
  for (int i = 0; i < 19; ++i) CHECK_FALSE(outage.note(host(i), kDown));
  CHECK(outage.note("last", kDown));
  CHECK(outage.offline());
}

TEST_CASE("H-62 one answer ends an outage, and the next needs proof of its own", "[outage]") {
  OutageDetector outage = after(20, 20);
  CHECK_FALSE(outage.note("x", kDown));
  CHECK(outage.note("x", kUp));
  CHECK_FALSE(outage.offline());
  for (int i = 0; i < 19; ++i) CHECK_FALSE(outage.note(host(i), kDown));
}

}  // namespace feedwire::daemon
