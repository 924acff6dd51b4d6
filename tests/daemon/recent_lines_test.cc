#include "daemon/recent_lines.h"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace feedwire::daemon {
namespace {

using tests::TempDir;

struct Found {
  std::vector<std::string> lines, reached;
  bool all = false;
};

Found find(const TempDir& dir, const std::string& text, std::size_t block_bytes,
           std::size_t enough = 100, std::uint64_t max_bytes = 1 << 20) {
  Found found;
  LineSearch search;
  search.dir = dir.path();
  search.prefix = "p-";
  search.text = text;
  search.block_bytes = block_bytes;
  search.max_bytes = max_bytes;
  search.found = [&](std::string_view line) {
    found.lines.emplace_back(line);
    return found.lines.size() < enough;
  };
  search.reached = [&](std::string_view line) {
    found.reached.emplace_back(line);
    return true;
  };
  PosixFs fs;
  found.all = search_back(fs, search, false).value();
  return found;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines are found from the last to the first, whatever the blocks are", "[lines]") {
  const TempDir dir;
  dir.write("p-1.ndjson", "a 1\nb 2\na 3\n");
  dir.write("p-2.ndjson", "a 4 a\n\nb 5\na 6\na torn");
  dir.write("q-3.ndjson", "a 7\n");
  dir.write("p-4.tmp", "a 8\n");
  for (std::size_t block = 1; block < 40; ++block) {
    INFO(block);
    const Found found = find(dir, "a", block);
    CHECK(found.lines == Lines{"a 6", "a 4 a", "a 3", "a 1"});
    CHECK(found.all);
    CHECK(found.reached.back() == "a 1");
  }
  CHECK(find(dir, "none", 4).lines.empty());
}

TEST_CASE("a search ends when there is enough, or too much to look through", "[lines]") {
  const TempDir dir;
  dir.write("p-1.ndjson", "a 1\na 2\na 3\n");
  const Found two = find(dir, "a", 100, 2);
  CHECK(two.lines == Lines{"a 3", "a 2"});
  CHECK(two.all);
  const Found cut = find(dir, "a", 5, 100, 5);
  CHECK(cut.lines == Lines{"a 3"});
  CHECK_FALSE(cut.all);
}

TEST_CASE("a folder that is not there has no lines, and a stop ends a search", "[lines]") {
  PosixFs fs;
  LineSearch search;
  search.dir = "/nowhere/at/all";
  CHECK(search_back(fs, search, false).value());
  const TempDir dir;
  dir.write("p-1.ndjson", "a\n");
  search.dir = dir.path();
  search.prefix = "p-";
  search.text = "a";
  search.found = [](std::string_view) -> bool { throw std::logic_error("it was to stop"); };
  CHECK_FALSE(search_back(fs, search, true).value());
}

TEST_CASE("a line too long to be kept is passed over, and those around it are found", "[lines]") {
  const TempDir dir;
  dir.write("p-1.ndjson",
            "a 1\n" + std::string(LineSearch::kLongestLine + (3 << 20), 'a') + "\na 3\n");
  const Found found = find(dir, "a", 1 << 20, 100, 1 << 30);
  CHECK(found.lines == Lines{"a 3", "a 1"});
}

}  // namespace feedwire::daemon
