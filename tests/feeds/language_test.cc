#include "feeds/language.h"

#include <catch2/catch.hpp>

namespace feedwire::feeds {

TEST_CASE("P-6 a language tag has the case that BCP 47 recommends", "[language]") {
  CHECK(normalize_language("zh_cn") == "zh-CN");
  CHECK(normalize_language("en-us") == "en-US");
  CHECK(normalize_language("EN") == "en");
  CHECK(normalize_language(" de \n") == "de");
  CHECK(normalize_language("zh-hans-cn") == "zh-Hans-CN");
  CHECK(normalize_language("ES-419") == "es-419");
  CHECK(normalize_language("sl-ROZAJ-biske") == "sl-rozaj-biske");
  CHECK(normalize_language("en-a-BBB-x-US") == "en-a-bbb-x-us");
  CHECK(normalize_language("x-Klingon") == "x-klingon");
  CHECK(normalize_language("en_US.UTF-8") == "en-US");
  CHECK(normalize_language("de-DE,en;q=0.8") == "de-DE");
}

TEST_CASE("P-6 what cannot be a language tag is none", "[language]") {
  for (const char* tag : {"", "  ", "english", "e", "-", "en--us", "中文", "12", "en-<x>"})
    CHECK(normalize_language(tag) == "");
}

}  // namespace feedwire::feeds
