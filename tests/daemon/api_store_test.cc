// Backups, explanations and the conditions on entries, over the socket.

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <string>

#include "daemon/backup_thread.h"
#include "tests/daemon/api_test_daemon.h"

namespace feedwire::daemon {
namespace {

using tests::ApiTestDaemon;
using tests::HttpAnswer;

const std::string kKey = "0123456789abcdef0123456789abcdef";

/// A store whose backup takes until somebody stops it, or `finish` is set.
class SlowStore : public tests::MemoryStore {
 public:
  Result<storage::BackupSummary> backup(const std::filesystem::path&,
                                        const std::function<bool()>& go_on) const override {
    while (!finish)
      if (!go_on()) return Error{ErrorCode::busy, "stopped"};
    return storage::BackupSummary{"urn:uuid:0", 7, 1, 1};
  }
  std::atomic<bool> finish = false;
};

}  // namespace

TEST_CASE("a backup is made in a folder named by its absolute path", "[api]") {
  ApiTestDaemon daemon;
  daemon.backend.memory.log.source = "urn:uuid:1";
  daemon.backend.memory.log.last = 41;

  const HttpAnswer made = daemon.request("POST", "/v1/backup?dir=%2Fvar%2Fbackup");
  CHECK(made.status == 200);
  CHECK(made.body ==
        R"({"dir":"/var/backup","source":"urn:uuid:1","last_sequence":"00000000000000000041",)"
        R"("files":2,"bytes":3000})");
  CHECK(daemon.request("POST", "/v1/backup").status == 400);
  CHECK(daemon.request("POST", "/v1/backup?dir=here").status == 400);
  CHECK(daemon.get("/v1/backup?dir=%2Fx").status == 405);
}

TEST_CASE("a backup that fails, or that cannot begin, is told", "[api]") {
  ApiTestDaemon daemon;
  SECTION("the disk") {
    daemon.backend.memory.broken = "disk on fire";
    const HttpAnswer failed = daemon.request("POST", "/v1/backup?dir=%2Fx");
    CHECK(failed.status == 500);
    CHECK(failed.body.find("disk on fire") != std::string::npos);
  }
  SECTION("another one is under way") {
    daemon.backend.takes_work = false;
    CHECK(daemon.request("POST", "/v1/backup?dir=%2Fx").status == 503);
  }
}

TEST_CASE("one backup at a time, and a stop ends it", "[api]") {
  SlowStore store;
  BackupThread thread(store);
  std::promise<Result<storage::BackupSummary>> first, second;
  const auto done = [](auto& promise) {
    return [&promise](const Result<storage::BackupSummary>& made) { promise.set_value(made); };
  };

  REQUIRE(thread.start("/one", done(first)));
  CHECK_FALSE(thread.start("/two", done(second)));
  store.finish = true;
  CHECK(first.get_future().get()->last == 7);
  store.finish = false;
  // The first may need a moment to be gone.
  while (!thread.start("/two", done(second))) std::this_thread::yield();
  thread.stop();
  CHECK(second.get_future().get().error().code == ErrorCode::busy);
  CHECK_FALSE(thread.start("/three", done(second)));
}

TEST_CASE("an explanation is asked for by the entry's key", "[api]") {
  ApiTestDaemon daemon;
  storage::StoredEntry entry;
  entry.key = Hash128::from_hex(kKey).value();
  entry.rev = 2;
  daemon.backend.memory.stored_entries = {entry};

  const HttpAnswer answer = daemon.get("/v1/entries/e-" + kKey + "/explanation");
  CHECK(answer.status == 200);
  CHECK(answer.body.starts_with(R"({"entry":{"entry_key":")" + kKey));
  CHECK(answer.body.find(R"("feeds":[{"feed_id":"f-0000000000000000")") != std::string::npos);
  CHECK(daemon.get("/v1/entries/" + std::string(32, '0') + "/explanation").status == 404);
  CHECK(daemon.get("/v1/entries/x/explanation").status == 404);
}

TEST_CASE("conditions on entries are checked", "[api]") {
  ApiTestDaemon daemon;
  CHECK(daemon.get("/v1/entries?tag=zh&since=2026-11-21T21:15:01Z&until=2026-11-22T00:00:00.5Z")
            .status == 200);
  for (const char* const query : {"since=yesterday", "until=2026-11-21", "since=", "limit=0"})
    CHECK(daemon.get(std::string("/v1/entries?") + query).status == 400);
}

}  // namespace feedwire::daemon
