#include "storage/name_order.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/database.h"
#include "tests/support/temp_dir.h"

namespace feedwire::storage {
namespace {

/// Notes what is done to names, in order: "sync", or what a file is renamed to.
class Recorder : public rocksdb::FileSystemWrapper {
 public:
  explicit Recorder(std::vector<std::string>& done)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), done_(done) {}
  const char* Name() const override { return "Recorder"; }

  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    done_.push_back(std::filesystem::path(to).filename());
    return target()->RenameFile(from, to, options, debug);
  }
  rocksdb::IOStatus NewDirectory(const std::string& dir, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* made,
                                 rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    const rocksdb::IOStatus opened = target()->NewDirectory(dir, options, &folder, debug);
    if (opened.ok()) *made = std::make_unique<Folder>(std::move(folder), done_);
    return opened;
  }

 private:
  struct Folder : rocksdb::FSDirectory {
    Folder(std::unique_ptr<rocksdb::FSDirectory> real, std::vector<std::string>& done)
        : real_(std::move(real)), done_(done) {}
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      done_.emplace_back("sync");
      return real_->Fsync(options, debug);
    }
    std::unique_ptr<rocksdb::FSDirectory> real_;
    std::vector<std::string>& done_;
  };

  std::vector<std::string>& done_;
};

}  // namespace

TEST_CASE("the names of a database's files are on the disk before CURRENT leads to them",
          "[database]") {
  const tests::TempDir dir;
  std::vector<std::string> done;
  const auto file_system = std::make_shared<NameOrder>(std::make_shared<Recorder>(done));
  const std::string from = dir.path() / "from";
  const auto rename_to = [&](const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    REQUIRE(file_system->NewWritableFile(from, {}, &file, nullptr).ok());
    REQUIRE(file->Close({}, nullptr).ok());
    REQUIRE(file_system->RenameFile(from, dir.path() / name, {}, nullptr).ok());
  };
  rename_to("OPTIONS-000007");
  CHECK(done == std::vector<std::string>{"OPTIONS-000007"});
  rename_to("CURRENT");
  CHECK(done == std::vector<std::string>{"OPTIONS-000007", "sync", "CURRENT"});
}

TEST_CASE("a database keeps the order of names", "[database]") {
  const tests::TempDir dir;
  const auto database = Database::open(dir.path() / "db", 8 << 20);
  REQUIRE(database);
  CHECK((*database)->file_system() == "feedwire.NameOrder");
}

}  // namespace feedwire::storage
