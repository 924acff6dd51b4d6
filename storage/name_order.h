// The order in which names reach the disk under RocksDB. Where it opens a database, it makes files
// of what the write-ahead log held, and a manifest that names them; then it renames CURRENT, and
// only after that it syncs the folder. POSIX lets a power cut keep the rename and lose the names of
// the files, and the database is gone. Here the folder is synced first.

#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

namespace feedwire::storage {

/// Any thread, as `target` says.
class NameOrder : public rocksdb::FileSystemWrapper {
 public:
  explicit NameOrder(const std::shared_ptr<rocksdb::FileSystem>& target)
      : rocksdb::FileSystemWrapper(target) {}

  const char* Name() const override { return "feedwire.NameOrder"; }

  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
};

}  // namespace feedwire::storage
