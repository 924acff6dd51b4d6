// SH-5: what docs/shippers/ tells the shippers fits what the event log does by default. Change one
// and the other must follow.

#include <catch2/catch.hpp>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>

#include "config/config.h"
#include "storage/event.h"
#include "storage/store.h"

namespace feedwire::tests {
namespace {

/// A shipper's file without comments.
std::string shipped(const std::string& name) {
  std::ifstream file(std::string(FEEDWIRE_SOURCE_DIR) + "/docs/shippers/" + name);
  std::string text;
  for (std::string line; std::getline(file, line);) text += line.substr(0, line.find('#')) + "\n";
  REQUIRE(text.size() > 100);
  return text;
}

/// The value that follows a setting's name, whatever the format: up to a quote, bracket or blank.
std::string setting(const std::string& text, const std::string& name) {
  INFO(name);
  const std::size_t at = text.find(name);
  REQUIRE(at != text.npos);
  const std::size_t begin = text.find_first_not_of(" \t\n=:-(\"[", at + name.size());
  return text.substr(begin, text.find_first_of(" \t\"'),]\n", begin) - begin);
}

/// The same as a number. Kilo and mega are counted as 1,000 here: not all shippers mean 1,024.
std::uint64_t number(const std::string& text, const std::string& name) {
  const std::string value = setting(text, name);
  std::uint64_t number = 0;
  const char* suffix = std::from_chars(value.data(), value.data() + value.size(), number).ptr;
  REQUIRE(suffix != value.data());
  switch (std::tolower(*suffix)) {
    case 'k':
      return number * 1000;
    case 'm':
      return number * 1000 * 1000;
    default:
      return number;
  }
}

const storage::Options kStore;
const config::Config::Events kConfigured;
const std::string kSegments = "/var/lib/feedwire/events/*.ndjson";

}  // namespace

TEST_CASE("SH-5 a segment can be told from others by its first bytes", "[shippers]") {
  const std::string filebeat = shipped("filebeat.yml"), vector = shipped("vector.toml");

  CHECK(storage::kMinHeaderBytes >= 1100);
  CHECK(number(filebeat, "offset:") == 0);
  CHECK(number(filebeat, "length:") == 1024);
  CHECK(number(filebeat, "length:") < storage::kMinHeaderBytes);
  CHECK(setting(vector, "fingerprint.strategy") == "checksum");
  CHECK(number(vector, "fingerprint.lines") == 1);
  CHECK(number(vector, "fingerprint.ignored_header_bytes") == 0);
  CHECK(setting(shipped("fluent-bit.conf"), "DB.Compare_Filename") == "On");
}

TEST_CASE("SH-5 the longest line fits into every shipper's limit", "[shippers]") {
  const std::uint64_t longest = kStore.max_line_bytes;

  CHECK(longest == kConfigured.max_line);
  CHECK(number(shipped("filebeat.yml"), "message_max_bytes") >= longest);
  CHECK(number(shipped("vector.toml"), "max_line_bytes") >= longest);
  CHECK(number(shipped("fluent-bit.conf"), "Buffer_Max_Size") >= longest);
  CHECK(setting(shipped("fluent-bit.conf"), "Skip_Long_Lines") == "On");
  CHECK(number(shipped("rsyslog.conf"), "maxMessageSize") >= longest);
  CHECK(number(shipped("syslog-ng.conf"), "log-msg-size") >= longest);
}

TEST_CASE("SH-5 every shipper looks for segments several times in the life of one", "[shippers]") {
  CHECK(kStore.segment_min_age >= std::chrono::seconds{60});
  const auto least = static_cast<std::uint64_t>(kStore.segment_min_age.count()) / 4;

  CHECK(number(shipped("filebeat.yml"), "check_interval") <= least);
  CHECK(number(shipped("vector.toml"), "glob_minimum_cooldown_ms") <= least * 1000);
  CHECK(number(shipped("fluent-bit.conf"), "Refresh_Interval") <= least);
  CHECK(number(shipped("syslog-ng.conf"), "follow-freq") <= least);
  CHECK(setting(shipped("rsyslog.conf"), "mode") == "inotify");
}

TEST_CASE("SH-5 syslog-ng takes on more files than there are ever segments", "[shippers]") {
  const auto by_age =
      static_cast<std::uint64_t>(kConfigured.keep.count() / kConfigured.segment_age.count());
  const std::uint64_t by_size = kConfigured.keep_size / kConfigured.segment_size;
  const std::string syslog_ng = shipped("syslog-ng.conf");

  CHECK(number(syslog_ng, "max-files") >= 2 * (by_age + by_size));
  CHECK(number(syslog_ng, "log-iw-size") >= 100 * number(syslog_ng, "max-files"));
}

TEST_CASE("SH-5 every shipper reads all segments from the start, and not the symbolic link",
          "[shippers]") {
  CHECK(setting(shipped("filebeat.yml"), "paths") == kSegments);
  CHECK(setting(shipped("vector.toml"), "include") == kSegments);
  CHECK(setting(shipped("vector.toml"), "read_from") == "beginning");
  CHECK(setting(shipped("fluent-bit.conf"), "Path ") == kSegments);
  CHECK(setting(shipped("fluent-bit.conf"), "Read_from_Head") == "On");
  CHECK(setting(shipped("rsyslog.conf"), "type=\"imfile\" file") == kSegments);
  CHECK(setting(shipped("syslog-ng.conf"), "base-dir") + "/" +
            setting(shipped("syslog-ng.conf"), "filename-pattern") ==
        kSegments);
}

}  // namespace feedwire::tests
