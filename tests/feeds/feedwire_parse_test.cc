// The program feedwire-parse as a person or a script runs it.

#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "tests/support/temp_dir.h"

namespace feedwire {
namespace {

constexpr const char* kRss = R"(<rss version="2.0"><channel><title>Example</title>
<item><guid>1</guid><link>/1</link><title>One</title><description>First</description></item>
<item><guid>2</guid><title>Two</title><description>Second</description></item></channel></rss>)";

struct Outcome {
  int code;
  std::string out, err;
};

// Runs `feedwire-parse ARGS` in a folder with feed.xml, page.html and empty.
Outcome parse(const std::string& args) {
  const tests::TempDir dir;
  dir.write("feed.xml", kRss);
  dir.write("empty", "");
  dir.write("page.html",
            "<!DOCTYPE html><html><head><link rel=\"alternate\" type=\"application/rss+xml\" "
            "href=\"/feed\"></head></html>");
  const std::string command =
      "cd " + dir.path().native() + " && >out 2>err " FEEDWIRE_BIN_DIR "/feedwire-parse " + args;
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  return {WEXITSTATUS(status), dir.read("out"), dir.read("err")};
}

auto lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST_CASE("parse prints one JSON Feed document a line", "[feedwire_parse]") {
  const Outcome one = parse("--url https://example.org/feed feed.xml");
  CHECK(one.code == 0);
  CHECK(one.err.empty());
  CHECK(one.out.starts_with(R"({"version":"https://jsonfeed.org/version/1.1","title":"Example")"));
  CHECK(one.out.find(R"("url":"https://example.org/1")") != std::string::npos);
  CHECK(lines(one.out) == 1);
  CHECK(lines(parse("feed.xml feed.xml").out) == 2);
  CHECK(parse("--url https://example.org/feed - <feed.xml").out == one.out);
}

TEST_CASE("parse prints nothing but documents as ndjson, each on one line", "[feedwire_parse]") {
  const Outcome some = parse("--format ndjson feed.xml page.html feed.xml");
  CHECK(some.code == 65);
  CHECK(lines(some.out) == 2);
  CHECK(some.out.starts_with(R"({"version":"https://jsonfeed.org/version/1.1",)"));
  CHECK(lines(some.err) == 1);
}

TEST_CASE("parse prints markdown with a line between entries that no entry holds",
          "[feedwire_parse]") {
  const std::string text = parse("--format markdown feed.xml").out;
  CHECK(text.starts_with("---\ntitle: \"One\"\n"));
  CHECK(text.find("\n<!-- feedwire: next entry -->\n---\ntitle: \"Two\"\n") != std::string::npos);
}

TEST_CASE("P-12 what is no feed exits with 65 and one line that says what it is",
          "[feedwire_parse]") {
  const Outcome empty = parse("empty");
  CHECK(empty.code == 65);
  CHECK(empty.out.empty());
  CHECK(lines(empty.err) == 1);
  CHECK(empty.err.starts_with("feedwire parse: empty: "));

  const Outcome page = parse("--url https://example.org/blog/ page.html");
  CHECK(page.code == 65);
  CHECK(page.out == "https://example.org/feed\n");
  CHECK(page.err.find("HTML") != std::string::npos);
}

TEST_CASE("OP-9 an unreadable file exits with 74, wrong usage with 64", "[feedwire_parse]") {
  const Outcome missing = parse("missing.xml");
  CHECK(missing.code == 74);
  CHECK(missing.err.find("missing.xml") != std::string::npos);
  CHECK(parse("").code == 64);
  CHECK(parse("--format yaml feed.xml").code == 64);
  CHECK(parse("--no-such-option feed.xml").code == 64);
  CHECK(parse("--now yesterday feed.xml").code == 64);
  CHECK(parse("--worker 1 2").code == 64);
}

TEST_CASE("all files are tried, and the worst outcome gives the exit code", "[feedwire_parse]") {
  const Outcome some = parse("empty feed.xml missing.xml empty");
  CHECK(some.code == 74);
  CHECK(lines(some.out) == 1);
  CHECK(lines(some.err) == 3);
  CHECK(some.err.find("feedwire parse: empty: ") == 0);
  CHECK(some.err.find("\nfeedwire parse: missing.xml: ") != std::string::npos);
  CHECK(parse("empty feed.xml").code == 65);
}

TEST_CASE("a full disk behind standard output exits with 74", "[feedwire_parse]") {
  CHECK(parse("feed.xml >/dev/full").code == 74);
}

TEST_CASE("feedwire-parse --help has examples and exits with 0", "[feedwire_parse]") {
  const Outcome help = parse("--help");
  CHECK(help.code == 0);
  CHECK(help.out.find("Examples:") != std::string::npos);
}

}  // namespace feedwire
