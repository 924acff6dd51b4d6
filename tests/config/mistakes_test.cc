// tests/data/config: NAME.toml holds mistakes, NAME.expected what is said about them, a line each.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "config/config.h"

namespace feedwire::config {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Without the folder, which depends on the machine.
std::string mistakes_in(const std::filesystem::path& file) {
  std::string text;
  for (const Mistake& mistake : load(file, {}).mistakes) text += mistake.text() + "\n";
  const std::string dir = file.parent_path().native() + "/";
  for (std::size_t at = 0; (at = text.find(dir, at)) != text.npos;) text.erase(at, dir.size());
  return text;
}

}  // namespace

TEST_CASE("all mistakes of a file are named at once, with place and suggestion", "[mistakes]") {
  std::size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(FEEDWIRE_TEST_DATA "/config")) {
    if (entry.path().extension() != ".toml") continue;
    INFO(entry.path());
    std::filesystem::path expected = entry.path();
    CHECK(mistakes_in(entry.path()) == read(expected.replace_extension(".expected")));
    ++cases;
  }
  CHECK(cases >= 9);
}

TEST_CASE("a missing file is named with what to do", "[mistakes]") {
  const LoadResult result = load("/nowhere/feedwired.toml", {});

  CHECK_FALSE(result.config);
  REQUIRE(result.mistakes.size() == 1);
  CHECK(result.mistakes[0].text() ==
        "/nowhere/feedwired.toml: there is no such file (make one with `feedwire config default`, "
        "or name another with --config FILE)");
}

}  // namespace feedwire::config
