#include <catch2/catch.hpp>

#include "storage/fsck.h"
#include "tests/storage/damage.h"

namespace feedwire::storage {
namespace {

using Codes = std::set<std::string>;

StoreCheck check(const TestStore& store) {
  PosixFs fs;
  return check_store(fs, store.path(), 1 << 20, {}).value();
}

}  // namespace

TEST_CASE("modes and the link to the active segment are told where they are wrong", "[fsck]") {
  FullStore store;
  store.close();
  using std::filesystem::perms;

  std::filesystem::permissions(store.segment(0), perms{0640});
  std::filesystem::permissions(store.segment(3), perms{0644});
  std::filesystem::permissions(store.path() / "db", perms{0755});
  const StoreCheck modes = check(store);
  CHECK(codes_of(modes.findings) == Codes{"mode"});
  CHECK(modes.findings.count() == 3);

  std::filesystem::permissions(store.segment(0), perms{0440});
  std::filesystem::permissions(store.segment(3), perms{0640});
  std::filesystem::permissions(store.path() / "db", perms{0700});
  CHECK(codes_of(check(store).findings) == Codes{});
  CHECK(check(store).to_be_mended.empty());
  std::filesystem::remove(store.events() / "current");
  CHECK(check(store).to_be_mended == std::vector<std::string>{"current"});
  std::filesystem::create_symlink(store.segment(1).filename(), store.events() / "current");
  CHECK(check(store).to_be_mended == std::vector<std::string>{"current"});
  CHECK(codes_of(check(store).findings) == Codes{});
}

TEST_CASE("a store of a newer feedwire is refused in words, and left as it is", "[schema]") {
  FullStore store;
  store.close();
  change_row<MetaRow>(store, Family::meta, std::string(kMetaKey),
                      [](MetaRow& meta) { meta.schema = kSchemaVersion + 1; });
  PosixFs fs;
  SeededRng rng(1);
  const std::string segment = read_whole(store.segment(3));

  for (const Error& error :
       {Store::open(store.options, fs, store.clock, rng).error(),
        StoreReader::open(store.path()).error(), check_store(fs, store.path(), 0, {}).error()}) {
    CHECK(error.code == ErrorCode::unsupported);
    CHECK(error.message.find("made by a newer feedwire (schema 2, this one knows 1)") !=
          std::string::npos);
    CHECK(error.message.find("install that version again") != std::string::npos);
  }
  CHECK(read_whole(store.segment(3)) == segment);
}

}  // namespace feedwire::storage
