#include "storage/queries.h"
#include "storage/store.h"

namespace feedwire::storage {
namespace {

class ReadOnlyStore : public Answers<StoreReader> {
 public:
  ReadOnlyStore(std::unique_ptr<Database> database, LogStatus status)
      : Answers(std::move(database)), status_(std::move(status)) {}

  LogStatus log_status() const override { return status_; }

 private:
  const LogStatus status_;
};

}  // namespace

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::filesystem::path& dir) {
  Result<std::unique_ptr<Database>> database = Database::open_read_only(dir / "db");
  if (!database) return std::move(database).error();
  Result<LogStatus> status = read_log_status(**database, dir);
  if (!status) return std::move(status).error();
  return std::unique_ptr<StoreReader>(
      std::make_unique<ReadOnlyStore>(std::move(*database), std::move(*status)));
}

}  // namespace feedwire::storage
