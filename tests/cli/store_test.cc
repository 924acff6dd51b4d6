// The tool on a real store whose daemon is down.

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>

#include "base/clock.h"
#include "base/fs.h"
#include "base/rng.h"
#include "storage/state_lock.h"
#include "storage/store.h"
#include "tests/cli/tool.h"

namespace feedwire::cli {
namespace {

constexpr const char* kUrl = "https://example.org/feed";

// A store of one feed with one entry and one cursor, closed.
void make_store(const std::filesystem::path& dir) {
  PosixFs fs;
  const SystemClock clock;
  SystemRng rng;
  storage::Options options;
  options.dir = dir;
  options.min_free_bytes = 0;
  const std::unique_ptr<storage::Store> store =
      storage::Store::open(options, fs, clock, rng).value();

  storage::FeedRef feed;
  feed.key = feeds::feed_key(kUrl);
  feed.url = kUrl;
  feed.name = "example";
  feed.identity = feeds::KeyKind::link;
  REQUIRE(store->subscribe(std::span(&feed, 1)));

  feeds::Entry entry;
  entry.raw_hash = 1;
  entry.guid = "https://example.org/1";
  entry.canonical_url = "http://example.org/1";
  entry.title = "Grüße";
  entry.keys[feeds::KeyKind::guid] = feeds::key_hash(feeds::KeyKind::guid, feed.key, entry.guid);
  entry.revision = xxh3_128("revision");
  entry.json = R"({"id":"1","url":"https://example.org/1","title":"Grüße","_feedwire":{"x":"y"}})";
  storage::PollOutcome outcome;
  outcome.feed = feed.key;
  outcome.fetched_at = clock.now().wall;
  outcome.row.polls = 1;
  outcome.row.floor = std::chrono::hours{1};
  outcome.row.last_poll = outcome.row.last_success = outcome.fetched_at;
  feeds::FeedInfo info;
  info.json = R"({"version":"https://jsonfeed.org/version/1.1","_feedwire":{}})";
  outcome.document = feeds::Feed::check(feeds::flatten(info, {entry})).value();
  REQUIRE(store->commit(std::span(&outcome, 1)));
  REQUIRE(store->set_cursor("indexer", {.acked = 2, .hold = true, .updated = outcome.fetched_at}));
  REQUIRE(store->close());
}

}  // namespace

TEST_CASE("while the daemon is down the tool reads the store itself", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");

  const tests::Finished feeds = tool.run({"feed", "list", "--json"});
  CHECK(feeds.code == 0);
  CHECK(feeds.err.empty());
  CHECK(feeds.out.find(R"("url":"https://example.org/feed","name":"example")") !=
        std::string::npos);
  CHECK(tool.run({"feed", "list"}).out.find("example.org/feed") != std::string::npos);

  const tests::Finished feed = tool.run({"feed", "show", "example", "--json"});
  CHECK(feed.code == 0);
  CHECK(feeds.out.find(feed.out.substr(0, feed.out.size() - 1)) != std::string::npos);
  CHECK(feed.out.find(R"("origin":"configuration","state":"ok")") != std::string::npos);
  CHECK(feed.out.find(R"("bounds":[{"rule":"floor","seconds":3600}])") != std::string::npos);
  CHECK(tool.run({"feed", "show", "nobody"}).code == 65);

  for (const char* id : {"example", kUrl}) {
    const tests::Finished entries = tool.run({"entry", "list", "--feed", id});
    CHECK(entries.code == 0);
    CHECK(entries.out.find("Grüße  https://example.org/1\n") != std::string::npos);
  }
  CHECK(tool.run({"entry", "list", "--feed", "nobody"}).code == 65);
  CHECK(tool.run({"entry", "show", "https://example.org/1"}).out.find(R"("title": "Grüße")") !=
        std::string::npos);

  CHECK(tool.run({"cursor", "list"}).out.find("indexer  00000000000000000002  yes") !=
        std::string::npos);
  CHECK(tool.run({"cursor", "show", "indexer"}).code == 0);
  CHECK(tool.run({"cursor", "show", "nobody"}).code == 65);
  CHECK(
      tool.run({"status"}).out.find("state                  stopped\nfeeds                  1\n") ==
      0);
  CHECK(tool.run({"tail", "--type", "entry.created", "--feed", "example"}).out.find("Grüße") !=
        std::string::npos);
}

TEST_CASE("explain tells the keys of an entry and its history, for people and as JSON", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");

  const tests::Finished text = tool.run({"explain", "https://example.org/1"});
  INFO(text.out << text.err);
  CHECK(text.code == 0);
  CHECK(text.out.find("title         Grüße\n") != std::string::npos);
  CHECK(text.out.find("feed example (f-") != std::string::npos);
  CHECK(text.out.find("told apart by: link, as configured\n") != std::string::npos);
  CHECK(text.out.find("  created    1  example") != std::string::npos);
  const tests::Finished json = tool.run({"explain", "https://example.org/1", "--json"});
  CHECK(json.out.starts_with(R"({"entry":{"entry_key":")"));
  CHECK(json.out.find(R"("policy":"link","configured_policy":"link")") != std::string::npos);
  CHECK(json.out.find(R"("history":[{"sequence":"00000000000000000004",)") != std::string::npos);
  CHECK(json.out.ends_with("]}\n"));
  CHECK(tool.run({"explain", "https://example.org/2"}).code == 65);
}

TEST_CASE("entry list takes a time, a tag and a feed", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");
  const auto lists = [&](const std::string& option, const std::string& value) {
    return tool.run({"entry", "list", option, value}).out.find("Grüße") != std::string::npos;
  };

  CHECK(lists("--since", "1h"));
  CHECK(lists("--since", "2020-01-01"));
  CHECK_FALSE(lists("--until", "1h"));
  CHECK_FALSE(lists("--tag", "zh"));
  CHECK(tool.run({"entry", "list", "--since", "sometime"}).code == 64);
}

TEST_CASE("snapshot, backup, restore and new-epoch work while the daemon is down", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");
  tool.dir().write("feedwired.toml",
                   "state_dir = \"state\"\nruntime_dir = \".\"\n[store]\nmin_free = \"1MiB\"\n");

  const tests::Finished snapshot = tool.run({"snapshot"});
  CHECK(snapshot.code == 0);
  CHECK(snapshot.out.ends_with(R"("as_of_sequence":"00000000000000000004","entries":1}})"
                               "\n"));
  const std::string dir = (tool.dir().path() / "copy").native();
  const tests::Finished backup = tool.run({"backup", dir});
  INFO(backup.err);
  CHECK(backup.code == 0);
  CHECK(backup.out.starts_with(dir + ": up to event 00000000000000000004, "));
  CHECK(tool.run({"restore", dir}).code == 64);  // there is a store

  std::filesystem::rename(tool.dir().path() / "state", tool.dir().path() / "old");
  tool.dir().write("copy/db/stranger", "x");
  const tests::Finished refused = tool.run({"restore", dir});
  CHECK(refused.code == 65);
  CHECK(refused.err.find("db/stranger is not in the manifest") != std::string::npos);
  std::filesystem::remove(tool.dir().path() / "copy/db/stranger");
  CHECK(tool.run({"restore", dir}).code == 0);
  CHECK(
      tool.run({"log", "new-epoch"}).out.starts_with("epoch 3 of the log has begun: source urn:"));
  CHECK(tool.run({"fsck"}).out.starts_with("clean: "));
  CHECK(tool.run({"log", "verify", "--deep"}).code == 0);
}

TEST_CASE("OP-9 fsck and log verify end with 0 when clean and 65 with findings", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");

  const tests::Finished fsck = tool.run({"fsck"});
  CHECK(fsck.code == 0);
  CHECK(fsck.out == "clean: 4 events in 1 segments, 1 entries, 0 keys, 1 feeds, 1 cursors\n");
  CHECK(fsck.err.empty());
  CHECK(
      tool.run({"fsck", "--json"})
          .out.starts_with(
              R"({"clean":true,"findings":[],"counts":{},"to_be_mended":[],"segments":1,"events":4,)"));
  CHECK(tool.run({"log", "verify", "--deep"}).out == "clean: 4 events in 1 segments, 0 MB\n");
  CHECK(tool.run({"log", "verify"}).code == 0);

  const std::string segment = "state/events/events-0001-00000000000000000001.ndjson";
  tool.dir().write(segment, tool.dir().read(segment) + "x\n");
  const tests::Finished damaged = tool.run({"fsck"});
  CHECK(damaged.code == 65);
  CHECK(damaged.out.find("[line] events-0001-00000000000000000001.ndjson:5: this is no event") !=
        std::string::npos);
  CHECK(damaged.out.find("\n3 findings: ") != std::string::npos);
  const tests::Finished verify = tool.run({"log", "verify", "--json"});
  CHECK(verify.code == 65);
  CHECK(verify.out.find(R"("counts":{"line":1})") != std::string::npos);
}

TEST_CASE("OP-9 fsck of a store in use ends with 75 and says what to do", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");
  const auto lock = storage::lock_state_dir(tool.dir().path() / "state");

  const tests::Finished fsck = tool.run({"fsck"});

  CHECK(fsck.code == 75);
  CHECK(fsck.err.find("stop feedwired first") != std::string::npos);
  CHECK(tool.run({"log", "verify"}).code == 0);
}

TEST_CASE("OP-9 without a store there is nothing to check", "[store]") {
  const Tool tool;
  CHECK(tool.run({"fsck"}).err.find("there is no store in ") != std::string::npos);
  CHECK(tool.run({"log", "verify"}).code == 0);
  std::filesystem::remove_all(tool.events_dir());
  CHECK(tool.run({"log", "verify"}).code == 65);
}

TEST_CASE("OP-9 without a daemon and without a store the exit code is 69", "[store]") {
  const Tool tool;

  const tests::Finished list = tool.run({"feed", "list"});

  CHECK(list.code == 69);
  CHECK(list.err.find("feedwired is not running, and there is no store in") != std::string::npos);
}

TEST_CASE("OP-9 a store and a log that may not be read end with 77", "[store]") {
  const Tool tool;
  make_store(tool.dir().path() / "state");
  ::chmod(tool.dir().path().c_str(), 0755);
  ::chmod((tool.dir().path() / "state").c_str(), 0);
  // Root may read everything, and others perhaps not the folder this was built in.
  const std::string program = (tool.dir().path() / "feedwire-tool").native();
  std::filesystem::copy_file(FEEDWIRE_BIN_DIR "/feedwire-tool", program);
  const auto run_as_stranger = [&](std::vector<std::string> arguments) {
    std::vector<std::string> argv = tool.command(arguments);
    argv[0] = program;
    if (::geteuid() == 0)
      argv.insert(argv.begin(), {"/usr/bin/setpriv", "--reuid=65534", "--clear-groups"});
    return tests::run(argv);
  };

  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"tail"}, {"feed", "list"}, {"status"}, {"fsck"}, {"log", "verify"}}) {
    const tests::Finished refused = run_as_stranger(words);
    INFO(refused.err);
    CHECK(refused.code == 77);
    CHECK(refused.err.find("you may not") != std::string::npos);
  }
  ::chmod((tool.dir().path() / "state").c_str(), 0700);
}

}  // namespace feedwire::cli
