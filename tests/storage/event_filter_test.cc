#include "storage/event_filter.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/hash.h"
#include "feeds/keys.h"

namespace feedwire::storage {

TEST_CASE("globs match as a shell's do", "[glob]") {
  CHECK(glob_matches("entry.*", "entry.created"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("*.up*ed", "entry.updated"));
  CHECK(glob_matches("entry.????ted", "entry.created"));
  CHECK_FALSE(glob_matches("entry.???ted", "entry.created"));
  CHECK(glob_matches("entry.[cu]*", "entry.updated"));
  CHECK_FALSE(glob_matches("entry.[!cu]*", "entry.updated"));
  CHECK(glob_matches("[a-e]ntry", "entry"));
  CHECK(glob_matches("[x", "[x"));
  CHECK_FALSE(glob_matches("entry", "entry.created"));
  CHECK_FALSE(glob_matches("", "entry"));
  // Would take years if each '*' tried everything.
  CHECK_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(10'000, 'a')));
}

TEST_CASE("events are asked for by type and by the feed's key, name or URL", "[glob]") {
  const std::string line =
      R"({"id":"e-1-1-c","type":"feedwire.entry.created","sequence":"00000000000000000004",)"
      R"("data":{"op":"c","rev":1,"feed":{"feed_id":"f-00000000000000a1",)"
      R"("url":"https://example.org/\"a\"","name":"a"},"seen":{"feed":{"feed_id":"f-b2"}}}})";
  const auto passes = [&](EventFilter filter) { return filter.passes(line); };

  CHECK(passes({}));
  CHECK(passes({{"feed.*", "feedwire.entry.c*"}, ""}));
  CHECK_FALSE(passes({{"feed.*"}, ""}));
  CHECK(passes({{}, "f-00000000000000a1"}));
  CHECK(passes({{}, "00000000000000a1"}));
  CHECK(passes({{}, "a"}));
  CHECK(passes({{}, "https://example.org/\"a\""}));
  CHECK_FALSE(passes({{"entry.updated"}, "a"}));
  // OP-13: events have this URL without what is a credential in it.
  const std::string url = "https://b.example/f?token=c4n4ry", id = hex64(feeds::feed_key(url));
  const std::string shown = R"({"type":"feedwire.entry.created","data":{"feed":{"feed_id":"f-)" +
                            id + R"(","url":"https://b.example/f?token=[redacted]"}}})";
  CHECK(EventFilter{{}, url}.passes(shown));
  CHECK(EventFilter{{}, "https://b.example/f?token=[redacted]"}.passes(shown));
  CHECK_FALSE(EventFilter{{}, "https://b.example/f?token=another"}.passes(shown));
  // Neither what stands elsewhere in the event, nor a part of it.
  CHECK_FALSE(passes({{}, "f-b2"}));
  CHECK_FALSE(passes({{}, "https://example.org/"}));
  CHECK_FALSE(EventFilter{{}, "a"}.passes(R"({"type":"feedwire.log.gap","data":{"epoch":1}})"));
}

}  // namespace feedwire::storage
