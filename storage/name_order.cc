#include "storage/name_order.h"

#include <filesystem>

namespace feedwire::storage {

rocksdb::IOStatus NameOrder::RenameFile(const std::string& from, const std::string& to,
                                        const rocksdb::IOOptions& options,
                                        rocksdb::IODebugContext* debug) {
  const std::filesystem::path place(to);
  if (place.filename() == "CURRENT") {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    rocksdb::IOStatus synced =
        target()->NewDirectory(place.parent_path().native(), options, &folder, debug);
    if (synced.ok()) synced = folder->Fsync(options, debug);
    if (!synced.ok()) return synced;
  }
  return target()->RenameFile(from, to, options, debug);
}

}  // namespace feedwire::storage
