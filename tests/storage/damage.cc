#include "tests/storage/damage.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

namespace feedwire::storage {

FullStore::FullStore() {
  options.segment_size_bytes = 1;  // a new segment as soon as one is a minute old
  open();
  feeds = subscribe({"http://a.example/feed", "http://b.example/feed"});
  poll(feeds[0], tests::make_items(3));
  clock.advance(std::chrono::seconds{1});
  poll(feeds[1], tests::make_items(3));
  auto items = tests::make_items(5);
  items[1].title = "Another title";
  poll(feeds[0], items);
  REQUIRE((*this)->set_cursor("indexer", {.acked = 3, .hold = true, .updated = clock.now().wall}));
  REQUIRE(segments_in(events()).size() == 4);
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  const std::string bytes = read_whole(path);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
    lines.push_back(bytes.substr(at, end - at));
    at = end;
  }
  return lines;
}

void rewrite(const std::filesystem::path& path, const std::string& bytes) {
  using std::filesystem::perms;
  const bool there = std::filesystem::exists(path);
  const perms before = there ? std::filesystem::status(path).permissions() : perms{0640};
  if (there) std::filesystem::permissions(path, perms{0640});
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  std::filesystem::permissions(path, before);
}

void rewrite(const std::filesystem::path& path, const std::vector<std::string>& lines) {
  std::string bytes;
  for (const std::string& line : lines) bytes += line;
  rewrite(path, bytes);
}

void replace_in(const std::filesystem::path& path, const std::string& old_text,
                const std::string& new_text) {
  std::string bytes = read_whole(path);
  const std::size_t found = bytes.find(old_text);
  REQUIRE(found != bytes.npos);
  rewrite(path, bytes.replace(found, old_text.size(), new_text));
}

void change_rows(const TestStore& store, const std::function<void(Database&, Batch&)>& change) {
  const auto database = Database::open(store.path() / "db", 8 << 20).value();
  Batch batch = database->batch();
  change(*database, batch);
  REQUIRE(database->write(batch));
}

std::set<std::string> codes_of(const Findings& findings) {
  std::set<std::string> codes;
  for (const auto& [code, count] : findings.counts()) codes.emplace(code);
  return codes;
}

std::string told(const Findings& findings, std::string_view code) {
  for (const Finding& finding : findings.told())
    if (finding.code == code) return finding.text;
  return "";
}

}  // namespace feedwire::storage
