#include "storage/log_reader.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/storage/store_fixture.h"

namespace feedwire::storage {
namespace {

std::string line_of(Sequence sequence) {
  char digits[21];
  std::snprintf(digits, sizeof digits, "%020llu", static_cast<unsigned long long>(sequence));
  return std::string("{\"sequence\":\"") + digits + "\"}\n";
}

// A folder of segments made by hand.
struct Segments {
  void write(Sequence first, Sequence last, std::uint32_t epoch = 1) const {
    std::string lines;
    for (Sequence sequence = first; sequence <= last; ++sequence) lines += line_of(sequence);
    dir.write(SegmentName{epoch, first}.text(), lines);
  }
  void append(Sequence first, const std::string& bytes) const {
    std::ofstream(dir.path() / SegmentName{1, first}.text(), std::ios::app) << bytes;
  }
  LogReader open(std::optional<Sequence> after) {
    return LogReader::open(fs, dir.path(), after).value();
  }

  tests::TempDir dir;
  PosixFs fs;
};

Sequence next_of(LogReader& reader) {
  const std::optional<LogLine> line = reader.next().value();
  return line ? line->sequence : 0;
}

}  // namespace

TEST_CASE("the log is read in order across segments, from behind any sequence", "[log_reader]") {
  Segments log;
  log.write(1, 3);
  log.write(4, 5);
  LogReader all = log.open(0);
  for (Sequence sequence = 1; sequence <= 5; ++sequence) CHECK(next_of(all) == sequence);
  CHECK(next_of(all) == 0);
  LogReader later = log.open(3);
  CHECK(next_of(later) == 4);
  CHECK(log_bounds(log.fs, log.dir.path()).value() == LogBounds{1, 5});
}

TEST_CASE("a reader follows what is appended, whole lines only", "[log_reader]") {
  Segments log;
  log.write(1, 1);
  LogReader reader = log.open(0);
  CHECK(next_of(reader) == 1);
  const std::string second = line_of(2);
  log.append(1, second.substr(0, 10));
  CHECK(next_of(reader) == 0);
  log.append(1, second.substr(10) + line_of(3));
  log.write(4, 4);
  CHECK(next_of(reader) == 2);
  CHECK(next_of(reader) == 3);
  CHECK(next_of(reader) == 4);
}

TEST_CASE("CO-4 a reader past the end waits, one that is behind the trim is told of the gap",
          "[log_reader]") {
  Segments log;
  log.write(10, 12);
  LogReader ahead = log.open(12);
  CHECK(next_of(ahead) == 0);
  log.append(10, line_of(13));
  CHECK(next_of(ahead) == 13);
  LogReader behind = log.open(4);
  CHECK(next_of(behind) == 10);
  CHECK(behind.take_gap() == Gap{5, 9, 1});
  CHECK_FALSE(behind.take_gap());
  LogReader nothing_done = log.open(0);
  CHECK(next_of(nothing_done) == 10);
  CHECK(nothing_done.take_gap() == Gap{1, 9, 1});
  LogReader earliest = log.open(std::nullopt);
  CHECK(next_of(earliest) == 10);
  CHECK_FALSE(earliest.take_gap());
}

namespace {

// Counts what is read of files.
class CountingFs : public PosixFs {
 public:
  class CountingFile;
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool writable) override;
  std::uint64_t bytes = 0;
};

class CountingFs::CountingFile : public File {
 public:
  CountingFile(std::unique_ptr<File> file, std::uint64_t& bytes)
      : file_(std::move(file)), bytes_(bytes) {}
  Result<std::string> read_at(std::uint64_t offset, std::size_t size) const override {
    Result<std::string> read = file_->read_at(offset, size);
    if (read) bytes_ += read->size();
    return read;
  }
  Result<std::uint64_t> size() const override { return file_->size(); }
  Result<FileId> id() const override { return file_->id(); }
  Result<void> write_at(std::uint64_t at, std::string_view text) override {
    return file_->write_at(at, text);
  }
  Result<void> truncate(std::uint64_t size) override { return file_->truncate(size); }
  Result<void> set_mode(unsigned mode) override { return file_->set_mode(mode); }
  Result<void> allocate(std::uint64_t size) override { return file_->allocate(size); }
  Result<void> sync() override { return file_->sync(); }

 private:
  std::unique_ptr<File> file_;
  std::uint64_t& bytes_;
};

Result<std::unique_ptr<File>> CountingFs::open(const std::filesystem::path& path, bool writable) {
  Result<std::unique_ptr<File>> file = PosixFs::open(path, writable);
  if (!file) return file;
  return std::unique_ptr<File>(std::make_unique<CountingFile>(std::move(*file), bytes));
}

// Of lines that are short, long, and longer than what is read at once.
std::string long_line(Sequence sequence) {
  const std::size_t sizes[] = {0, 900, 30, 5000, 0, 700'000, 12};
  std::string line = line_of(sequence);
  return line.insert(line.size() - 2, ",\"text\":\"" + std::string(sizes[sequence % 7], 'x') + '"');
}

}  // namespace

TEST_CASE("a reader finds its place in a large segment without reading all of it", "[log_reader]") {
  const Segments log;
  std::string lines;
  const Sequence last = 300;
  for (Sequence sequence = 11; sequence <= last; ++sequence) lines += long_line(sequence);
  log.dir.write(SegmentName{1, 11}.text(), lines + R"({"sequence":"00000000)");
  CountingFs fs;
  for (Sequence after = 10; after <= last + 5; ++after) {
    LogReader reader = LogReader::open(fs, log.dir.path(), after).value();
    const std::optional<LogLine> line = reader.next().value();
    REQUIRE(line.has_value() == (after < last));
    if (line) REQUIRE(line->sequence == after + 1);
    if (line) REQUIRE(line->line == long_line(after + 1).substr(0, line->line.size()));
    REQUIRE_FALSE(reader.take_gap());
    if (after >= last) REQUIRE(reader.last_found() == last);
  }
  CHECK(lines.size() > (25u << 20));
  fs.bytes = 0;
  CHECK(LogReader::open(fs, log.dir.path(), 280).value().next().value()->sequence == 281);
  // A place at most, two lines beside it, and what the search looks at.
  CHECK(fs.bytes < (6u << 20));
}

TEST_CASE("a reader knows where the files end, though it stands behind that", "[log_reader]") {
  Segments log;
  LogReader ahead = log.open(40);
  CHECK(next_of(ahead) == 0);
  CHECK(ahead.last_found() == 0);
  log.write(10, 12);
  CHECK(next_of(ahead) == 0);
  CHECK(ahead.last_found() == 12);
}

TEST_CASE("a reader is given all of the epoch that a restored backup begins", "[log_reader]") {
  Segments log;
  log.write(1, 3);
  log.write(4, 9);
  LogReader reader = log.open(3);
  for (Sequence sequence = 4; sequence <= 9; ++sequence) CHECK(next_of(reader) == sequence);

  // The backup was made at event 5. The reader has the file open that was there before.
  std::filesystem::remove(log.dir.path() / SegmentName{1, 4}.text());
  log.write(4, 5);
  log.write(6, 8, 2);
  for (Sequence sequence = 6; sequence <= 8; ++sequence) CHECK(next_of(reader) == sequence);
  CHECK(next_of(reader) == 0);
  CHECK_FALSE(reader.take_gap());
}

TEST_CASE("no folder is an empty log, and a line that is no event is an error", "[log_reader]") {
  Segments log;
  LogReader none = LogReader::open(log.fs, log.dir.path() / "none", 0).value();
  CHECK(next_of(none) == 0);
  CHECK(log_bounds(log.fs, log.dir.path() / "none").value() == LogBounds{});
  log.write(1, 1);
  log.append(1, "rubbish\n");
  LogReader reader = log.open(0);
  CHECK(next_of(reader) == 1);
  CHECK(reader.next().error().code == ErrorCode::corrupt);
}

TEST_CASE("a sequence missing between two lines of a segment is an error", "[log_reader]") {
  Segments log;
  log.write(1, 1);
  log.append(1, line_of(3));
  LogReader reader = log.open(0);
  CHECK(next_of(reader) == 1);
  CHECK(reader.next().error().code == ErrorCode::corrupt);
}

}  // namespace feedwire::storage
