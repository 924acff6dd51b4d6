#include "daemon/ledger_writer.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "daemon/log_text.h"

namespace feedwire::daemon {
namespace {

// What a kill may take from the ledger: so much, or what is so old.
constexpr std::size_t kMuch = 64 << 10;
constexpr std::chrono::milliseconds kLong{200};

}  // namespace

void LedgerWriter::add(const storage::PollRecord& record) {
  if (max_bytes_ == 0) return;
  storage::append_poll_record(pending_, record);
  ++pending_records_;
}

void LedgerWriter::step(MonoTime now) {
  if (pending_.empty()) return;
  if (!pending_since_) pending_since_ = now;
  if (pending_.size() >= kMuch || now - *pending_since_ >= kLong) flush();
}

void LedgerWriter::flush() {
  if (pending_.empty()) return;
  pending_since_.reset();
  const Result<void> written = write();
  pending_.clear();
  const std::uint64_t records = std::exchange(pending_records_, 0);
  if (!written) {
    if (dropped_ == 0)
      SPDLOG_WARN("cannot write the poll ledger: requests go unrecorded dir={} error={}",
                  log_value(dir_.native()), log_value(written.error().message));
    dropped_ += records;
  } else if (const std::uint64_t lost = std::exchange(dropped_, 0); lost > 0) {
    SPDLOG_INFO("the poll ledger is written again unrecorded={}", lost);
  }
}

Result<void> LedgerWriter::write() {
  if (!ledger_) {
    Result<std::unique_ptr<storage::PollLedger>> ledger =
        storage::PollLedger::open(fs_, dir_, max_bytes_);
    if (!ledger) return std::move(ledger).error();
    ledger_ = *std::move(ledger);
  }
  return ledger_->append(pending_);
}

}  // namespace feedwire::daemon
