#include <catch2/catch.hpp>

#include "base/version.h"
#include "tests/cli/tool.h"

namespace feedwire::cli {

TEST_CASE("every sub-command explains itself with an example", "[command line]") {
  const Tool tool;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"tail"},
                                             {"status"},
                                             {"feed", "list"},
                                             {"entry", "list"},
                                             {"entry", "show"},
                                             {"cursor", "list"},
                                             {"cursor", "show"},
                                             {"cursor", "set"},
                                             {"cursor", "delete"},
                                             {"reload"},
                                             {"config", "show"},
                                             {"config", "default"}}) {
    std::vector<std::string> arguments = words;
    arguments.push_back("--help");
    const tests::Finished help = tool.run(arguments);
    INFO(help.out);
    CHECK(help.code == 0);
    CHECK(help.out.find("Example") != std::string::npos);
  }
  CHECK(tool.run({"--version"}).out == "feedwire " + std::string(kVersion) + "\n");
}

TEST_CASE("OP-9 a wrong command line ends with 64", "[command line]") {
  const Tool tool;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"tial"},
                                             {"tail", "--after", "x"},
                                             {"tail", "--after", "1", "--from", "latest"},
                                             {"tail", "--from", "yesterday"},
                                             {"entry", "list", "--limit", "0"},
                                             {"entry", "show"},
                                             {"cursor", "set", "a"}}) {
    INFO(words.size());
    CHECK(tool.run(words).code == 64);
  }
}

TEST_CASE("OP-9 a wrong configuration ends with 78 and names every mistake", "[command line]") {
  const Tool tool;
  tool.dir().write("feedwired.toml", "sate_dir = \"x\"\n[fetch]\ntimeout = 1\n");

  const tests::Finished tail = tool.run({"tail"});

  CHECK(tail.code == 78);
  CHECK(tail.err.find("feedwired.toml:1:1: sate_dir: unknown key (did you mean \"state_dir\"?)") !=
        std::string::npos);
  CHECK(tail.err.find("feedwired.toml:3:11: fetch.timeout: expected a duration") !=
        std::string::npos);
}

TEST_CASE("the configuration comes from --config, else from $FEEDWIRE_CONFIG", "[command line]") {
  const Tool tool;
  const std::string variable = "FEEDWIRE_CONFIG=" + (tool.dir().path() / "feedwired.toml").native();

  CHECK(tests::run({FEEDWIRE_BIN_DIR "/feedwire", "tail"}, {variable}).code == 0);
  CHECK(tests::run({FEEDWIRE_BIN_DIR "/feedwire", "tail"}, {"FEEDWIRE_CONFIG=/nowhere"}).code ==
        78);
  CHECK(tool.run({"config", "show", "--origin"}).out.find("feedwired.toml:1") != std::string::npos);
}

TEST_CASE("parse runs the program beside the tool with the same arguments", "[command line]") {
  const tests::TempDir dir;
  for (const char* name : {"feedwire", "feedwire-tool"})
    std::filesystem::copy_file(std::filesystem::path(FEEDWIRE_BIN_DIR) / name, dir.path() / name);
  dir.write("feedwire-parse", "#!/bin/sh\nprintf '[%s]' \"$@\"\nexit 65\n");
  std::filesystem::permissions(dir.path() / "feedwire-parse", std::filesystem::perms::owner_all);
  const std::string program = (dir.path() / "feedwire").native();

  const tests::Finished parse = tests::run({program, "parse", "--format", "json", "a b", "-"});

  CHECK(parse.code == 65);
  CHECK(parse.out == "[--format][json][a b][-]");
  CHECK(tests::run({program, "--config", "/nowhere", "parse", "--help", "x"}).out == "[--help][x]");
}

TEST_CASE("a program that is missing is an error with its path", "[command line]") {
  const tests::TempDir dir;
  const std::string program = (dir.path() / "feedwire").native();
  std::filesystem::copy_file(FEEDWIRE_BIN_DIR "/feedwire", program);
  dir.write("feedwire-parse", "no program\n");
  std::filesystem::permissions(dir.path() / "feedwire-parse", std::filesystem::perms::owner_all);

  const tests::Finished parse = tests::run({program, "parse", "feed.xml"});

  CHECK(parse.code == 74);
  CHECK(parse.err == "feedwire: " + program + "-parse: start: Exec format error\n");
}

}  // namespace feedwire::cli
