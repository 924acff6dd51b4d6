#include <catch2/catch.hpp>
#include <fstream>

#include "cli/json_text.h"
#include "tests/cli/tool.h"

namespace feedwire::cli {
namespace {

std::string lines(const std::vector<std::string>& events) {
  std::string text;
  for (const std::string& event : events) text += event + "\n";
  return text;
}

}  // namespace

TEST_CASE("tail prints all segments in order, byte for byte", "[tail]") {
  const Tool tool;
  const std::vector<std::string> events = {
      event(1, "log.segment_opened"), event(2, "entry.created", entry_data("a", "caf\u00e9")),
      event(3, "log.segment_closed"), event(4, "log.segment_opened"), event(5, "feed.added")};
  tool.write_segment(1, {events[0], events[1], events[2]});
  tool.write_segment(4, {events[3], events[4]});

  CHECK(tool.run({"tail"}).out == lines(events));
  CHECK(tool.run({"tail", "--after", "3"}).out == lines({events[3], events[4]}));
  CHECK(tool.run({"tail", "--after", "00000000000000000004"}).out == lines({events[4]}));
  CHECK(tool.run({"tail", "--from", "latest"}).out.empty());
  CHECK(tool.run({"tail", "--from", "earliest"}).code == 0);
}

TEST_CASE("tail filters by type, with the prefix or without, and by feed", "[tail]") {
  const Tool tool;
  const std::string a = event(2, "entry.created", entry_data("a", "A"));
  const std::string b = event(3, "entry.updated", entry_data("b", "B"));
  const std::string c = event(4, "feed.added", R"({"feed":{"feed_id":"f-1","url":"u"}})");
  tool.write_segment(1, {event(1, "log.segment_opened"), a, b, c});

  CHECK(tool.run({"tail", "--type", "entry.*"}).out == lines({a, b}));
  CHECK(tool.run({"tail", "--type", "feedwire.entry.created"}).out == lines({a}));
  CHECK(tool.run({"tail", "--type", "*.updated", "--type", "feed.*"}).out == lines({b, c}));
  CHECK(tool.run({"tail", "--feed", "b"}).out == lines({b}));
  CHECK(tool.run({"tail", "--feed", "https://example.org/a"}).out == lines({a}));
  CHECK(tool.run({"tail", "--feed", "f-2c26b46b68ffc68f"}).out == lines({a, b}));
  CHECK(tool.run({"tail", "--feed", "2c26b46b68ffc68f", "--type", "*.created"}).out == lines({a}));
}

TEST_CASE("CO-4 tail tells what is no longer in the log, in its place and on standard error",
          "[tail]") {
  const Tool tool;
  const std::string header = event(10, "log.segment_opened");
  const std::string a = event(11, "entry.created", entry_data("a", "A"));
  tool.write_segment(10, {header, a});
  const std::string told =
      "feedwire: log.gap: events 00000000000000000005 to 00000000000000000009 are no longer in "
      "the log\n";

  const tests::Finished after = tool.run({"tail", "--after", "4"});
  CHECK(after.code == 0);
  CHECK(after.err == told);
  REQUIRE(after.out.ends_with(lines({header, a})));
  const rapidjson::Document gap = parse_json(after.out.substr(0, after.out.find('\n')));
  CHECK(text_at(gap, {"type"}) == "feedwire.log.gap");
  CHECK(text_at(gap, {"id"}) == "s-1-5-gap");
  CHECK(text_at(gap, {"sequence"}) == "00000000000000000009");
  CHECK(text_at(gap, {"data", "from"}) == "00000000000000000005");

  const tests::Finished filtered = tool.run({"tail", "--after", "4", "--type", "entry.*"});
  CHECK(filtered.out == lines({a}));
  CHECK(filtered.err == told);
  const tests::Finished of_feed = tool.run({"tail", "--after", "4", "--feed", "a"});
  CHECK(of_feed.out.find("feedwire.log.gap") != std::string::npos);
  CHECK(tool.run({"tail", "--after", "4", "--format", "pretty"})
            .out.find("00000000000000000005 to 00000000000000000009 are gone") !=
        std::string::npos);

  const tests::Finished failed = tool.run({"tail", "--after", "4", "--fail-on-gap"});
  CHECK(failed.code == 3);
  CHECK(failed.out.empty());
  CHECK(failed.err == told);
  CHECK(tool.run({"tail"}).err.empty());
  CHECK(tool.run({"tail", "--after", "9"}).err.empty());
}

TEST_CASE("tail never prints a line that is not whole", "[tail]") {
  const Tool tool;
  const std::string whole = event(1, "log.segment_opened");
  tool.dir().write("state/events/events-0001-00000000000000000001.ndjson",
                   whole + "\n" + event(2, "feed.added").substr(0, 90));

  CHECK(tool.run({"tail"}).out == whole + "\n");
}

TEST_CASE("tail --follow goes on with new lines and new segments", "[tail]") {
  const Tool tool;
  tool.write_segment(1, {event(1, "log.segment_opened")});

  tests::Process tail(tool.command({"tail", "--follow"}));
  REQUIRE(tests::eventually([&] { return tail.out() == lines({event(1, "log.segment_opened")}); }));
  std::ofstream(tool.events_dir() / "events-0001-00000000000000000001.ndjson", std::ios::app)
      << event(2, "feed.added") << "\n";
  REQUIRE(tests::eventually([&] { return tail.out().find("feed.added") != std::string::npos; }));
  tool.write_segment(3, {event(3, "log.segment_opened")});

  CHECK(tests::eventually([&] {
    return tail.out() == lines({event(1, "log.segment_opened"), event(2, "feed.added"),
                                event(3, "log.segment_opened")});
  }));
}

TEST_CASE("tail ends quietly when nobody reads any more", "[tail]") {
  const Tool tool;
  std::vector<std::string> events;
  for (std::uint64_t i = 1; i <= 5000; ++i) events.push_back(event(i, "feed.added"));
  tool.write_segment(1, events);
  const std::string program = FEEDWIRE_BIN_DIR "/feedwire";
  const std::string config = (tool.dir().path() / "feedwired.toml").native();

  for (const std::string follow : {"", " --follow"}) {
    const tests::Finished piped =
        tests::run({"/bin/bash", "-c",
                    "set -o pipefail; '" + program + "' --config '" + config + "' tail" + follow +
                        " | head -n 1 > /dev/null"});
    CHECK(piped.code == 0);
    CHECK(piped.err.empty());
  }
}

TEST_CASE("S16 pretty lines hold nothing that acts on a terminal or hides there", "[tail]") {
  const Tool tool;
  // As the log has them: escaped. OSC 52, a C1 CSI, a bidi override, a zero-width space.
  tool.write_segment(
      1, {event(1, "entry.created",
                entry_data("a", R"(\u001b]52;c;cm0=\u0007\u009b2J\u202eabc\u200bd\ne)"))});

  const tests::Finished pretty = tool.run({"tail", "--format", "pretty"});

  CHECK(pretty.out ==
        "21:15:01  entry.created       a                     "
        "␛]52;c;cm0=␇<U+009B>2J<U+202E>abc<U+200B>d␊e\n");
}

TEST_CASE("a log that does not exist yet is empty, with a word about it", "[tail]") {
  const Tool tool;
  std::filesystem::remove(tool.events_dir());

  const tests::Finished tail = tool.run({"tail"});

  CHECK(tail.code == 0);
  CHECK(tail.out.empty());
  CHECK(tail.err.find("there is no event log yet") != std::string::npos);
}

}  // namespace feedwire::cli
