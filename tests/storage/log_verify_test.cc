#include "storage/log_verify.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

#include "tests/storage/damage.h"

namespace feedwire::storage {
namespace {

using Codes = std::set<std::string>;

Findings verify(const TestStore& store, bool deep, std::uint64_t max_line_bytes = 0) {
  PosixFs fs;
  Findings findings;
  REQUIRE(verify_log(fs, store.events(), {deep, max_line_bytes, {}}, findings));
  return findings;
}

}  // namespace

TEST_CASE("FL-8 a log as it should be has no findings, open or closed", "[verify]") {
  FullStore store;
  CHECK(codes_of(verify(store, false)) == Codes{});
  CHECK(codes_of(verify(store, true)) == Codes{});
  store.close();
  PosixFs fs;
  Findings findings;
  std::uint64_t read = 0;
  const auto progress = [&](std::uint64_t done, std::uint64_t all) { read = done * 100 / all; };
  const VerifiedLog log =
      verify_log(fs, store.events(), {true, 1 << 20, progress}, findings).value();
  CHECK(codes_of(findings) == Codes{});
  CHECK(log.events == read_lines(store.events()).size());
  CHECK(log.segments.size() == 4);
  CHECK(log.segments[2].closed);
  CHECK_FALSE(log.segments[3].closed);
  CHECK(log.history.entries().size() == 5);
  CHECK(log.history.feeds().size() == 2);
  CHECK(read == 100);
}

TEST_CASE("a folder without segments, and one that is missing, is an empty log", "[verify]") {
  const tests::TempDir dir;
  PosixFs fs;
  Findings findings;
  CHECK(verify_log(fs, dir.path(), {}, findings).value().events == 0);
  CHECK(verify_log(fs, dir.path() / "no", {}, findings).value().events == 0);
  CHECK(findings.empty());
}

TEST_CASE("FL-8 a byte changed in a closed segment is told by its SHA-256", "[verify]") {
  FullStore store;
  replace_in(store.segment(1), "Title of number1", "Title of numbeR1");
  const Findings findings = verify(store, false);
  CHECK(codes_of(findings) == Codes{"sha256"});
  const std::string last = std::to_string(lines_of(store.segment(1)).size());
  CHECK(told(findings, "sha256").starts_with(store.segment(1).filename().native() + ":" + last));
}

TEST_CASE("FL-4 a segment that is missing in the middle is told with its events", "[verify]") {
  FullStore store;
  const Sequence first = parse_segment_name(store.segment(1).filename().native())->first;
  const Sequence next = parse_segment_name(store.segment(2).filename().native())->first;
  std::filesystem::remove(store.segment(1));
  const Findings findings = verify(store, false);
  CHECK(codes_of(findings) == Codes{"gap", "header", "next"});
  CHECK(told(findings, "gap")
            .find("the events " + std::to_string(first) + " to " + std::to_string(next - 1) +
                  " are missing") != std::string::npos);
}

TEST_CASE("the oldest segments may be gone: revisions then count from the first one seen",
          "[verify]") {
  FullStore store;
  std::filesystem::remove(store.segment(0));
  std::filesystem::remove(store.segment(0));
  CHECK(codes_of(verify(store, true)) == Codes{});
}

TEST_CASE("I1 FL-8 damage to whole lines is told", "[verify]") {
  FullStore store;
  const std::filesystem::path closed = store.segment(1), active = store.segment(3);
  std::vector<std::string> lines = lines_of(closed);
  REQUIRE(lines.size() > 4);

  SECTION("two lines that changed places") {
    std::swap(lines[1], lines[2]);
    rewrite(closed, lines);
    const Findings findings = verify(store, false);
    CHECK(codes_of(findings) == Codes{"sequence", "sha256"});
    CHECK(told(findings, "sequence").find(":2: sequence ") != std::string::npos);
  }
  SECTION("a line that stands there twice") {
    lines.insert(lines.begin() + 2, lines[1]);
    rewrite(closed, lines);
    CHECK(codes_of(verify(store, false)) == Codes{"sequence", "sha256", "count"});
    CHECK(codes_of(verify(store, true)).contains("rev"));
  }
  SECTION("a line that is missing") {
    lines.erase(lines.begin() + 1);
    rewrite(closed, lines);
    CHECK(codes_of(verify(store, false)) == Codes{"sequence", "sha256", "count"});
  }
  SECTION("a line that is no event") {
    lines[2] = "rubbish\n";
    rewrite(closed, lines);
    const Findings findings = verify(store, false);
    CHECK(codes_of(findings) == Codes{"line", "sha256"});
    CHECK(told(findings, "line").find(":3: this is no event") != std::string::npos);
  }
  SECTION("a closed segment without its last lines") {
    lines.resize(lines.size() - 2);
    rewrite(closed, lines);
    const Findings findings = verify(store, false);
    CHECK(codes_of(findings) == Codes{"closing", "gap"});
    CHECK(told(findings, "closing").find("its end is missing") != std::string::npos);
  }
  SECTION("a closed segment cut in the middle of a line") {
    std::string bytes = read_whole(closed);
    rewrite(closed, bytes.substr(0, bytes.size() - 10));
    CHECK(codes_of(verify(store, false)) == Codes{"closing", "torn", "gap"});
  }
  SECTION("a torn last line of the active segment") {
    std::string bytes = read_whole(active);
    rewrite(active, bytes.substr(0, bytes.size() - 10));
    const Findings findings = verify(store, false);
    CHECK(codes_of(findings) == Codes{"torn"});
    CHECK(told(findings, "torn").find("feedwired mends that when it starts") != std::string::npos);
  }
  SECTION("zeros that a power cut left") {
    rewrite(active, read_whole(active) + std::string(5000, '\0'));
    CHECK(codes_of(verify(store, false)) == Codes{"torn"});
  }
  SECTION("garbage behind the closing line") {
    rewrite(closed, read_whole(closed) + "{\"garbage\":1}\n");
    CHECK(codes_of(verify(store, false)) == Codes{"closing", "line", "sequence"});
  }
  SECTION("an empty segment") {
    rewrite(active, std::string());
    CHECK(codes_of(verify(store, false)) == Codes{"header"});
  }
}

TEST_CASE("FL-8 a header and a closing line that do not fit are told", "[verify]") {
  FullStore store;
  const std::filesystem::path active = store.segment(3), closed = store.segment(1);

  SECTION("FL-1 a header that is too short for shippers") {
    replace_in(active, std::string(500, ' '), "");
    const Findings findings = verify(store, true);
    CHECK(codes_of(findings) == Codes{"header"});
    CHECK(told(findings, "header").find("shippers need 1100") != std::string::npos);
  }
  SECTION("a first line of another type") {
    replace_in(active, "segment_opened", "segment_turned");
    CHECK(codes_of(verify(store, false)) == Codes{"header"});
  }
  SECTION("a segment that was renamed") {
    const SegmentName name = *parse_segment_name(active.filename().native());
    std::filesystem::rename(active, store.events() / SegmentName{2, name.first}.text());
    CHECK(codes_of(verify(store, false)) == Codes{"header", "id", "next"});
  }
  SECTION("the name of the segment before it") {
    replace_in(active, "\"previous\":\"events-0001", "\"previous\":\"events-0009");
    CHECK(codes_of(verify(store, false)) == Codes{"header"});
  }
  SECTION("the count of events") {
    replace_in(closed, "\"count\":", "\"count\":9");
    CHECK(codes_of(verify(store, false)) == Codes{"count"});
  }
  SECTION("the name of the next segment") {
    replace_in(closed, "\"next\":\"events-0001", "\"next\":\"events-0009");
    CHECK(codes_of(verify(store, false)) == Codes{"next"});
  }
  SECTION("a segment of another log") {
    const std::vector<std::string> lines = lines_of(active);
    const std::string source = lines[0].substr(lines[0].find("urn:uuid:"), 45);
    for (std::size_t i = 0; i < lines.size(); ++i)
      replace_in(active, source, "urn:uuid:00000000-0000-4000-8000-000000000000");
    CHECK(codes_of(verify(store, false)) == Codes{"source"});
  }
  SECTION("a file that only looks like a segment") {
    rewrite(store.events() / "events-1-1.ndjson", std::string("{}\n"));
    const Findings findings = verify(store, false);
    CHECK(codes_of(findings) == Codes{"name"});
    CHECK(told(findings, "name").starts_with("events-1-1.ndjson: "));
  }
}

TEST_CASE("EV-1 EV-3 EV-4 I5 what is wrong within a line is told by a deep check alone",
          "[verify]") {
  struct Damage {
    const char* what;
    const char* old_text;
    const char* new_text;
    const char* code;
    const char* text;
  };
  static const std::string kBidi =
      "Ano\xe2\x80\xae"
      "er title";
  const Damage damages[] = {
      {"a CR", "Another title", "Another\rtitle", "text", "U+000D"},
      {"a control character of UTF-8", "Another title", "Ano\xc2\x9b title", "text", "U+009B"},
      {"a bidi control", "Another title", kBidi.c_str(), "text", "U+202E"},
      {"bytes that are no UTF-8", "Another title", "Another \xff\xfe", "text", "not UTF-8"},
      {"broken JSON", "\"changed\":[\"title\"]", "\"changed\":[\"title\"],", "json", "not JSON"},
      {"a second document", "\"data\":{\"op\":\"u\"", "\"data\":{}} {\"op\":\"u\"", "json",
       "not JSON"},
      {"an integer beyond doubles", "\"rev\":2", "\"rev\":9007199254740993", "json", "2^53"},
      {"white space", "{\"specversion\":", "{ \"specversion\":", "envelope", "specversion"},
      {"members out of order", "\"data\":{\"op\":\"u\",\"rev\":2",
       "\"data\":{\"rev\":2,\"op\":\"u\"", "data", "\"op\" is not in its place"},
      {"another version", "\"specversion\":\"1.0\"", "\"specversion\":\"1.1\"", "envelope",
       "specversion"},
      {"a member too many", "\"data\":{", "\"more\":1,\"data\":{", "envelope",
       "\"data\" is missing"},
      {"a schema of another type", "\"urn:feedwire:schema:entry.updated:1\"",
       "\"urn:feedwire:schema:entry.created:1\"", "envelope", "dataschema"},
      {"a time without microseconds", ".000000Z\",\"recordedtime\"", "Z\",\"recordedtime\"",
       "envelope", "\"time\""},
      {"a subject of another entry", "\"subject\":\"e-", "\"subject\":\"f-", "envelope", "subject"},
      {"a revision that is skipped", "\"rev\":2,\"prev_rev\":1", "\"rev\":3,\"prev_rev\":2", "id",
       "its id is"},
      {"a previous revision that is none", "\"prev_rev\":1", "\"prev_rev\":2", "data", "prev_rev"},
      {"an op of another type", "\"op\":\"u\"", "\"op\":\"c\"", "data", "does not fit its type"},
      {"no item", "\"after\":{", "\"aftermath\":{", "data", "\"after\" is missing"},
      {"a time before the last", "\"recordedtime\":\"2026", "\"recordedtime\":\"1999", "time",
       "before it happened"},
  };
  for (const Damage& damage : damages) {
    DYNAMIC_SECTION(damage.what) {
      FullStore store;
      const std::filesystem::path active = store.segment(3);
      std::vector<std::string> lines = lines_of(active);
      const auto line = std::find_if(lines.begin(), lines.end(), [](const std::string& text) {
        return text.find("entry.updated") != text.npos;
      });
      REQUIRE(line != lines.end());
      const std::size_t found = line->find(damage.old_text);
      REQUIRE(found != line->npos);
      line->replace(found, std::string_view(damage.old_text).size(), damage.new_text);
      rewrite(active, lines);
      CHECK(verify(store, false).empty());
      const Findings findings = verify(store, true);
      CHECK(codes_of(findings) == Codes{damage.code});
      CHECK(told(findings, damage.code).find(damage.text) != std::string::npos);
    }
  }
}

TEST_CASE("I5 an entry's revisions are told once each and without a gap", "[verify]") {
  FullStore store;
  const std::filesystem::path active = store.segment(3);
  SECTION("skipped") {
    replace_in(active, "-2-u\"", "-4-u\"");
    replace_in(active, "\"rev\":2,\"prev_rev\":1", "\"rev\":4,\"prev_rev\":3");
  }
  SECTION("repeated") {
    replace_in(active, "-2-u\"", "-1-u\"");
    replace_in(active, "\"rev\":2,\"prev_rev\":1", "\"rev\":1");
  }
  const Findings findings = verify(store, true);
  CHECK(codes_of(findings) == Codes{"rev"});
  CHECK(told(findings, "rev").find(" of its entry follows 1") != std::string::npos);
}

TEST_CASE("EV-4 a line longer than allowed is told", "[verify]") {
  FullStore store;
  CHECK(codes_of(verify(store, true, 1100)) == Codes{"length"});
  CHECK(verify(store, false, 1100).empty());
}

TEST_CASE("thousands of equal findings are counted, the first ones told", "[verify]") {
  FullStore store;
  std::vector<std::string> lines = lines_of(store.segment(3));
  lines.resize(1000, "rubbish\n");
  rewrite(store.segment(3), lines);
  const Findings findings = verify(store, false);
  CHECK(findings.counts().at("line") > 900);
  CHECK(findings.told().size() == Findings::kToldPerCode);
}

TEST_CASE("segments that retention takes away meanwhile are passed over", "[log_verify]") {
  TestStore store;
  store.options.segment_size_bytes = 1;
  store.open();
  const FeedKey feed = store.subscribe({"http://a.example/feed"})[0];
  auto items = tests::make_items(1);
  for (int revision = 1; revision <= 4; ++revision) {
    items[0].title += "+";
    store.clock.advance(std::chrono::seconds{1});
    store.poll(feed, items);
  }
  const auto segments = segments_in(store.events());
  REQUIRE(segments.size() == 5);
  std::size_t first_gone = 0;
  // While the second is read, which holds the entry's first revision: the fourth has its third.
  const std::uint64_t second = std::filesystem::file_size(segments[0]);
  const auto remove = [&](std::uint64_t read, std::uint64_t) {
    if (read <= second) return;
    for (std::size_t i = first_gone; i < 3; ++i) std::filesystem::remove(segments[i]);
  };
  PosixFs fs;
  Findings findings;
  const VerifyOptions options{true, 1 << 20, remove};

  SECTION("those that were read, too") {
    const VerifiedLog log = verify_log(fs, store.events(), options, findings).value();
    CHECK(codes_of(findings).empty());
    REQUIRE(log.segments.size() == 2);
    CHECK(log.segments[0].name.text() == segments[3].filename());
  }
  SECTION("but one that goes out of its turn is missing") {
    first_gone = 1;
    REQUIRE(verify_log(fs, store.events(), options, findings));
    CHECK(codes_of(findings).contains("gap"));
  }
}

}  // namespace feedwire::storage
