// Runs tests/data/identity_vectors.txt: real documents through the real parser into a store.

#include <algorithm>
#include <catch2/catch.hpp>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "feeds/read_feed.h"
#include "storage/fsck.h"
#include "storage/identity_policy.h"
#include "tests/storage/damage.h"
#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

std::string trimmed(std::string text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(trimmed(part));
  return parts;
}

std::string with_number(std::string text, const std::string& number) {
  for (std::size_t at = 0; (at = text.find("{}", at)) != text.npos;) text.replace(at, 2, number);
  return text;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

std::string element(const std::string& name, const std::string& value) {
  return value.empty() || value == "-" ? "" : "<" + name + ">" + escaped(value) + "</" + name + ">";
}

/// "GUID | LINK | TITLE | DATE | TEXT"
std::string rss_item(const std::string& line) {
  std::vector<std::string> fields = split(line, '|');
  fields.resize(5);
  return "<item>" + element("guid", fields[0]) + element("link", fields[1]) +
         element("title", fields[2]) + element("pubDate", fields[3]) +
         element("description", fields[4]) + "</item>";
}

class Vector {
 public:
  void run(const std::string& line) {
    INFO(line);
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string verb = line.substr(0, space);
    const std::string rest = trimmed(line.substr(space));
    if (verb == "dedupe") {
      store_.options.dedupe_by_url = rest == "url";
    } else if (verb == "identity") {
      settle();
      configure(split(rest, ' '));
    } else if (verb == "restart") {
      settle();
      store_.reopen();
    } else if (verb == "poll" || verb == "part" || verb == "page") {
      settle();
      begin_poll(rest);
      partial_ = verb == "part";
      is_page_ = verb == "page";
      older_page_.clear();
    } else if (verb == "older") {
      document_ += R"(<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href=")" +
                   rest + R"("/>)";
    } else if (verb == "guess") {
      older_page_ = rest;
    } else if (verb == "gap") {
      expect_gap(rest);
    } else if (verb == "complete") {
      document_ += R"(<fh:complete xmlns:fh="http://purl.org/syndication/history/1.0"/>)";
    } else if (verb == "deleted") {
      document_ += R"(<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref=")" +
                   rest + R"("/>)";
    } else if (verb == "item") {
      document_ += rss_item(rest);
    } else if (verb == "items") {
      add_items(rest);
    } else if (verb == "expect") {
      expect(rest);
    } else if (verb == "event") {
      expect_events(rest);
    } else {
      FAIL("no such verb");
    }
  }

  /// Polls with the document that was described, if there is one.
  void settle() {
    if (document_.empty()) return;
    first_new_ = store_->log_status().last + 1;
    feeds::ReadRequest request;
    request.source.url = request.subscribed_url = url_of(feed_);
    request.feed = feeds::feed_key(request.subscribed_url);
    request.known_raw = store_->window_hashes(request.feed).value();
    PollOutcome outcome;
    outcome.feed = request.feed;
    outcome.fetched_at = outcome.row.last_poll = outcome.row.last_success = store_.clock.now().wall;
    outcome.row.polls = ++polls_;
    outcome.document =
        feeds::Feed::check(feeds::read_feed(document_ + "</channel></rss>", request).value())
            .value();
    outcome.partial = partial_;
    outcome.page = is_page_;
    outcome.older_page = older_page_;
    outcome.row.backfill = store_->backfill(request.feed).value();
    const PollOutcome outcomes[] = {std::move(outcome)};
    summary_ = store_->commit(outcomes).value();
    document_.clear();
  }

  /// Whatever was told, every invariant holds.
  void check() {
    store_.close();
    PosixFs fs;
    CHECK(codes_of(check_store(fs, store_.path(), 0, {}).value().findings).empty());
  }

 private:
  static std::string url_of(const std::string& feed) { return "http://" + feed + ".example/feed"; }

  /// {FEED, KIND}
  void configure(const std::vector<std::string>& words) {
    feeds_.at(words.at(0)).identity = find_primary_kind(words.at(1));
    if (polls_ > 0) subscribe();
  }

  void subscribe() {
    std::vector<FeedRef> refs;
    for (const auto& [name, ref] : feeds_) refs.push_back(ref);
    REQUIRE(store_->subscribe(refs));
  }

  void begin_poll(const std::string& text) {
    if (polls_ == 0) {
      store_.open();
      subscribe();
    }
    const std::vector<std::string> words = split(text, ' ');
    feed_ = words.at(0);
    std::chrono::minutes later{1};
    if (words.size() > 1) {
      const int number = std::stoi(words[1].substr(1));
      later = words[1].back() == 'h' ? std::chrono::hours{number} : std::chrono::minutes{number};
    }
    store_.clock.advance(later);
    document_ = "<rss version=\"2.0\"><channel><title>T</title>";
  }

  void add_items(const std::string& text) {
    int first = 0, last = 0;
    const std::size_t space = text.find(' ');
    REQUIRE(std::sscanf(text.substr(0, space).c_str(), "%d..%d", &first, &last) == 2);
    for (int i = first; i <= last; ++i)
      document_ += rss_item(with_number(text.substr(space), std::to_string(i)));
  }

  void expect(const std::string& text) {
    settle();
    const std::map<std::string, std::uint64_t> seen = {{"created", summary_.created},
                                                       {"updated", summary_.updated},
                                                       {"sighted", summary_.sighted},
                                                       {"deleted", summary_.deleted},
                                                       {"restored", summary_.restored}};
    for (const std::string& part : split(text, ',')) {
      const std::vector<std::string> words = split(part, ' ');
      INFO(words.at(1));
      CHECK(seen.at(words.at(1)) == std::stoull(words.at(0)));
    }
  }

  void expect_events(const std::string& text) {
    settle();
    const std::vector<std::string> words = split(text, ' ');
    const std::string condition = words.size() > 2 ? words[2] : "=";
    const std::size_t equals = condition.find('=');
    const std::vector<rapidjson::Document> events = read_events(store_.events(), words.at(1));
    const auto matching =
        std::count_if(events.begin(), events.end(), [&](const rapidjson::Document& event) {
          return std::stoull(at(event, "/sequence")) >= first_new_ &&
                 (equals == 0 ||
                  at(event, condition.substr(0, equals)) == condition.substr(equals + 1));
        });
    CHECK(matching == std::stol(words.at(0)));
  }

  /// "STATE PAGE", or "none"
  void expect_gap(const std::string& text) {
    settle();
    const Rare<Backfill> backfill = store_->backfill(feeds::feed_key(url_of(feed_))).value();
    CHECK((backfill ? std::string(backfill_end_name(backfill->end)) + " " + backfill->page
                    : std::string("none")) == text);
  }

  static FeedRef ref_of(const std::string& feed) {
    return {feeds::feed_key(url_of(feed)), url_of(feed), "", "", {}};
  }

  TestStore store_;
  std::map<std::string, FeedRef> feeds_ = {{"a", ref_of("a")}, {"b", ref_of("b")}};
  std::string feed_, document_;
  CommitSummary summary_;
  Sequence first_new_ = 0;
  std::uint64_t polls_ = 0;
  bool partial_ = false, is_page_ = false;
  std::string older_page_;
};

struct Script {
  std::string name;
  std::vector<std::string> lines;
};

std::vector<Script> read_scripts() {
  std::ifstream file(std::string(FEEDWIRE_TEST_DATA) + "/identity_vectors.txt");
  REQUIRE(file);
  std::vector<Script> scripts;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("== "))
      scripts.push_back({line.substr(3), {}});
    else
      scripts.back().lines.push_back(line);
  }
  return scripts;
}

}  // namespace

TEST_CASE("the identity rules' test vectors", "[identity]") {
  const std::vector<Script> scripts = read_scripts();
  REQUIRE(scripts.size() >= 16);
  for (const Script& script : scripts) SECTION(script.name) {
      Vector vector;
      for (const std::string& line : script.lines) vector.run(line);
      vector.settle();
      vector.check();
    }
}

}  // namespace feedwire::storage
