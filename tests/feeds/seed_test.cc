// The seed feeds, where FEEDWIRE_SHARED names the folder that holds them.

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "feeds/json_feed.h"
#include "feeds/parse.h"

namespace feedwire::feeds {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

rapidjson::Document parse_as_json(const std::string& bytes, const std::string& url) {
  ParsedFeed feed = parse_document(bytes, {url, ""}).value();
  for (ParsedEntry& entry : feed.entries) finish_entry(entry, feed);
  rapidjson::Document document;
  document.Parse(feed_json(feed).c_str());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

// Expected fields hold names as strings where the document has {"name": …}.
bool agrees(const rapidjson::Value& actual, const rapidjson::Value& expected) {
  if (expected.IsString() && actual.IsObject()) return actual["name"] == expected;
  if (!expected.IsArray()) return actual == expected;
  if (!actual.IsArray() || actual.Size() != expected.Size()) return false;
  for (rapidjson::SizeType i = 0; i < expected.Size(); ++i)
    if (!agrees(actual[i], expected[i])) return false;
  return true;
}

void check_item(const rapidjson::Value& item, const rapidjson::Value& expected) {
  for (const auto& field : expected.GetObject()) {
    const std::string name = field.name.GetString();
    const rapidjson::Value& holder = name == "comments_url" ? item["_feedwire"] : item;
    INFO(name);
    REQUIRE(holder.HasMember(name.c_str()));
    CHECK(agrees(holder[name.c_str()], field.value));
  }
}

}  // namespace

TEST_CASE("the seed feeds give what is expected of them", "[seeds]") {
  const char* const shared = std::getenv("FEEDWIRE_SHARED");
  if (shared == nullptr) return;
  const std::filesystem::path seeds = std::filesystem::path(shared) / "seeds";
  std::cout << "using the seed feeds of " << seeds << '\n';
  rapidjson::Document expected;
  expected.Parse(read_file(seeds / "expected.json").c_str());
  REQUIRE_FALSE(expected.HasParseError());
  for (const char* const name : {"leiphone.xml", "niaogebiji.xml", "cls.xml"}) {
    const rapidjson::Value& want = expected[name];
    const rapidjson::Document feed =
        parse_as_json(read_file(seeds / name), want["url"].GetString());
    INFO(name);
    for (const char* const field : {"title", "home_page_url", "language"})
      CHECK(feed[field] == want[field]);
    REQUIRE(feed["items"].Size() == want["items"].Size());
    for (rapidjson::SizeType i = 0; i < want["items"].Size(); ++i)
      check_item(feed["items"][i], want["items"][i]);
  }

  const rapidjson::Document plain =
      parse_as_json(read_file(seeds / "leiphone.xml"), "http://127.0.0.1:8080/leiphone.xml");
  for (const rapidjson::Value& item : plain["items"].GetArray())
    CHECK(std::string(item["url"].GetString()).starts_with("http://m.drvow.com/"));
}

}  // namespace feedwire::feeds
