#include "storage/poll_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "storage/file_lines.h"

namespace feedwire::storage {
namespace {

constexpr std::string_view kPrefix = "polls-", kSuffix = ".ndjson";
constexpr std::size_t kDigits = 10;
constexpr unsigned kDirMode = 0750, kFileMode = 0640;  // the group may read, as the event log

std::string file_name(std::uint64_t number) {
  return fmt::format("{}{:0{}}{}", kPrefix, number, kDigits, kSuffix);
}

std::optional<std::uint64_t> parse_name(std::string_view name) {
  if (name.size() != kPrefix.size() + kDigits + kSuffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(kSuffix))
    return std::nullopt;
  std::uint64_t number = 0;
  const char* const first = name.data() + kPrefix.size();
  const auto [end, error] = std::from_chars(first, first + kDigits, number);
  if (error != std::errc() || end != first + kDigits) return std::nullopt;
  return number;
}

// Sorted.
Result<std::vector<std::uint64_t>> list_numbers(const Fs& fs, const std::filesystem::path& dir) {
  Result<std::vector<std::string>> names = fs.list(dir);
  if (!names) return std::move(names).error();
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : *names)
    if (const std::optional<std::uint64_t> number = parse_name(name)) numbers.push_back(*number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// Returns how many lines are no records.
Result<std::uint64_t> read_lines(const File& file,
                                 const std::function<void(const PollRecord&)>& visit) {
  FileLines lines(file);
  std::uint64_t skipped = 0;
  for (;;) {
    const Result<std::optional<std::string_view>> line = lines.next();
    if (!line) return line.error();
    if (!*line) break;
    if (const Result<PollRecord> record = parse_poll_record(**line))
      visit(*record);
    else
      ++skipped;
  }
  return skipped + (lines.rest_bytes() > 0 ? 1 : 0);
}

}  // namespace

Result<std::unique_ptr<PollLedger>> PollLedger::open(Fs& fs, std::filesystem::path dir,
                                                     std::uint64_t max_bytes) {
  if (Result<void> made = fs.make_dirs(dir, kDirMode); !made) return std::move(made).error();
  const Result<std::vector<std::uint64_t>> numbers = list_numbers(fs, dir);
  if (!numbers) return numbers.error();
  const std::uint64_t next = numbers->empty() ? 1 : numbers->back() + 1;
  std::unique_ptr<PollLedger> ledger(new PollLedger(fs, std::move(dir), max_bytes, next));
  if (numbers->empty()) return ledger;
  if (Result<void> resumed = ledger->resume_file(numbers->back()); !resumed)
    return std::move(resumed).error();
  return ledger;
}

// Many short runs must not leave as many files. What a power cut tore stays a line of its own.
Result<void> PollLedger::resume_file(std::uint64_t number) {
  Result<std::unique_ptr<File>> file = fs_.open(dir_ / file_name(number), true);
  if (!file) return std::move(file).error();
  const Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.error();
  file_ = std::move(*file);
  offset_ = *size;
  if (offset_ == 0) return {};
  const Result<std::string> last = file_->read_at(offset_ - 1, 1);
  if (!last) return last.error();
  return *last == "\n" ? Result<void>() : append("\n");
}

Result<void> PollLedger::append(std::string_view lines) {
  if (!file_ || offset_ >= file_bytes_) {
    file_.reset();
    if (Result<void> begun = begin_file(); !begun) return begun;
  }
  Result<void> written = file_->write_at(offset_, lines);
  if (!written) {
    file_.reset();  // it may end within a line
    return written;
  }
  offset_ += lines.size();
  return {};
}

Result<void> PollLedger::begin_file() {
  if (Result<void> room = make_room(); !room) return room;
  Result<std::unique_ptr<File>> file = fs_.create(dir_ / file_name(next_), kFileMode);
  if (!file) return std::move(file).error();
  ++next_;
  file_ = std::move(*file);
  offset_ = 0;
  return {};
}

// Takes away the oldest files until there is room for a whole new one.
Result<void> PollLedger::make_room() {
  const Result<std::vector<std::uint64_t>> numbers = list_numbers(fs_, dir_);
  if (!numbers) return numbers.error();
  std::uint64_t kept = 0;
  for (auto number = numbers->rbegin(); number != numbers->rend(); ++number) {
    const std::filesystem::path path = dir_ / file_name(*number);
    const Result<std::unique_ptr<File>> file = fs_.open(path, false);
    if (!file) return file.error();
    const Result<std::uint64_t> size = (*file)->size();
    if (!size) return size.error();
    kept += *size;
    if (kept <= file_bytes_ * (kFiles - 1)) continue;
    if (Result<void> gone = fs_.unlink(path); !gone) return gone;
  }
  return {};
}

Result<std::uint64_t> read_ledger(Fs& fs, const std::filesystem::path& dir,
                                  const std::function<void(const PollRecord&)>& visit) {
  const Result<std::vector<std::uint64_t>> numbers = list_numbers(fs, dir);
  if (!numbers) return numbers.error();
  std::uint64_t skipped = 0;
  for (const std::uint64_t number : *numbers) {
    const Result<std::unique_ptr<File>> file = fs.open(dir / file_name(number), false);
    if (!file && file.error().code == ErrorCode::not_found) continue;
    if (!file) return file.error();
    const Result<std::uint64_t> lines = read_lines(**file, visit);
    if (!lines) return lines.error();
    skipped += *lines;
  }
  return skipped;
}

}  // namespace feedwire::storage
