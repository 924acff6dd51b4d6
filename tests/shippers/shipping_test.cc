// SH-1 to SH-4: what real shippers deliver of our segments (storage/event_log.md). A run has
// FEEDWIRE_SHIPPER_ROUNDS rounds; shippers_test.sh is the long form.

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/shippers/shipper.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::tests {
namespace {

constexpr auto kPatience = std::chrono::minutes{2};  // a shipper looks every second

struct Rsyslog {
  static const ShipperKind& kind() { return kRsyslog; }
};
struct SyslogNg {
  static const ShipperKind& kind() { return kSyslogNg; }
};

int rounds() {
  const char* rounds = std::getenv("FEEDWIRE_SHIPPER_ROUNDS");
  return rounds == nullptr ? 3 : std::stoi(rounds);
}

/// What became of the events of a log.
struct Delivery {
  std::size_t events = 0, lost = 0, repeated = 0, altered = 0;
};

Delivery compare(const std::vector<std::string>& log, const std::vector<std::string>& received) {
  static constexpr std::string_view kBefore = "\"sequence\":\"";
  std::vector<std::size_t> times(log.size());
  Delivery delivery;
  delivery.events = log.size();
  for (const std::string& line : received) {
    std::size_t sequence = 0;
    if (const std::size_t at = line.find(kBefore); at != line.npos)
      std::from_chars(line.data() + at + kBefore.size(), line.data() + line.size(), sequence);
    if (sequence == 0 || sequence > log.size() || log[sequence - 1] != line)
      ++delivery.altered;
    else if (++times[sequence - 1] > 1)
      ++delivery.repeated;
  }
  for (const std::size_t count : times) delivery.lost += count == 0;
  return delivery;
}

/// A store whose segments are small, and a shipper that reads its log.
class Shipping {
 public:
  explicit Shipping(const ShipperKind& kind)
      : feed_(make_store()), shipper_(kind, store_.events(), dir_.path()) {}

  Shipper& shipper() { return shipper_; }

  /// Writes until `count` segments more are there, in commits of 20 entries.
  void write_segments(std::size_t count) {
    for (const std::size_t end = segments().size() + count; segments().size() < end;) {
      std::vector<Item> items = make_items(20, written_ + 1);
      written_ += 20;
      for (Item& item : items) item.content = R"(<p>żółć 記事 "%msg%" \n ${MESSAGE}</p>)";
      store_.poll(feed_, items);
    }
  }

  /// Writes an event whose line is max_line long to the byte, LF included.
  void write_longest_line() {
    const std::size_t longest = store_.options.max_line_bytes;
    const std::size_t guess = write_line_with(longest / 2);
    REQUIRE(write_line_with(longest / 2 + longest - guess) == longest);
  }

  /// Starts the shipper on segments that it does not know; returns once it delivers. No segment
  /// begins meanwhile: syslog-ng 3.38 overlooks files that appear in the milliseconds between its
  /// first look into the folder and its watch of it (docs/shippers/README.md).
  void start() {
    write_segments(3);
    write_longest_line();
    const std::uint64_t before = shipper_.received_bytes();
    shipper_.start();
    REQUIRE(eventually([&] { return shipper_.received_bytes() > before; }, kPatience));
  }

  /// Waits until every event has arrived.
  void await_all() {
    const std::vector<std::string> all = log();
    std::size_t size = 0;
    for (const std::string& line : all) size += line.size() + 1;
    std::uint64_t looked_at = 0;
    const auto complete = [&] {
      const std::uint64_t bytes = shipper_.received_bytes();
      if (bytes < size || bytes == looked_at) return false;
      looked_at = bytes;
      return compare(all, shipper_.received()).lost == 0;
    };
    eventually(complete, kPatience);  // if not, delivery() tells what is missing
  }

  Delivery delivery() const {
    const Delivery result = compare(log(), shipper_.received());
    fmt::print(stderr, "{}: {} events in {} segments, {} lost, {} repeated, {} altered\n",
               Catch::getResultCapture().getCurrentTestName(), result.events, segments().size(),
               result.lost, result.repeated, result.altered);
    return result;
  }

  void check_delivered_once() const {
    const Delivery result = delivery();
    CHECK(result.lost == 0);
    CHECK(result.repeated == 0);
    CHECK(result.altered == 0);
  }

 private:
  feeds::FeedKey make_store() {
    store_.options.segment_size_bytes = 64 << 10;
    store_.open();
    return store_.subscribe({"http://example.org/feed.xml"})[0];
  }

  std::vector<std::filesystem::path> segments() const {
    return storage::segments_in(store_.events());
  }

  std::vector<std::string> log() const {
    std::vector<std::string> lines;
    for (const auto& segment : segments()) {
      std::ifstream file(segment, std::ios::binary);
      for (std::string line; std::getline(file, line);) lines.push_back(line);
    }
    return lines;
  }

  /// Returns the length of the line.
  std::size_t write_line_with(std::size_t content_bytes) {
    Item item;
    item.guid = fmt::format("long-{:06}", ++written_);
    item.content.assign(content_bytes, 'x');
    store_.poll(feed_, {item});
    return log().back().size() + 1;
  }

  storage::TestStore store_;
  TempDir dir_;  // the shipper's
  feeds::FeedKey feed_;
  int written_ = 0;
  Shipper shipper_;
};

}  // namespace

TEMPLATE_TEST_CASE("SH-1 a shipper delivers every event once", "[shippers]", Rsyslog, SyslogNg) {
  Shipping shipping(TestType::kind());
  shipping.start();
  for (int round = 0; round < rounds(); ++round) {
    shipping.write_segments(4);
    shipping.write_longest_line();
    shipping.await_all();
  }
  shipping.shipper().stop();
  shipping.check_delivered_once();
}

TEMPLATE_TEST_CASE("SH-2 a shipper that is restarted delivers every event once", "[shippers]",
                   Rsyslog, SyslogNg) {
  Shipping shipping(TestType::kind());
  for (int round = 0; round < rounds(); ++round) {
    shipping.start();
    if (round % 2 == 1) shipping.write_segments(2);
    shipping.shipper().stop();
  }
  shipping.shipper().start();
  shipping.await_all();
  shipping.shipper().stop();
  shipping.check_delivered_once();
}

TEMPLATE_TEST_CASE("SH-3 a shipper that is killed loses no event", "[shippers]", Rsyslog,
                   SyslogNg) {
  Shipping shipping(TestType::kind());
  for (int round = 0; round < rounds(); ++round) {
    shipping.start();
    if (round % 2 == 1) shipping.write_segments(2);
    shipping.shipper().kill();
  }
  shipping.shipper().start();
  shipping.await_all();
  shipping.shipper().stop();
  const Delivery delivery = shipping.delivery();
  CHECK(delivery.lost == 0);
  CHECK(delivery.altered == 0);
}

TEMPLATE_TEST_CASE("SH-4 a shipper that was down during three rotations delivers every event once",
                   "[shippers]", Rsyslog, SyslogNg) {
  Shipping shipping(TestType::kind());
  for (int round = 0; round < rounds(); ++round) {
    shipping.start();  // after more than three rotations
    shipping.await_all();
    shipping.shipper().stop();
  }
  shipping.check_delivered_once();
}

}  // namespace feedwire::tests
