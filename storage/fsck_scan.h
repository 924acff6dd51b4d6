// How fsck reads the database: every row of a family, those that cannot be read told; and many
// rows of one family together, for one by one that takes minutes where there are millions.

#pragma once

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/database.h"
#include "storage/findings.h"

namespace feedwire::storage {

/// The bytes of a key as people may pass them on.
inline std::string hex_of(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

inline std::string_view name_of(Family family) {
  return kFamilyNames[static_cast<std::size_t>(family)];
}

/// Visits the rows from `lower` on whose key has `key_size` bytes (0 = any) and which can be read.
/// `visit` returns a Result<void>; its error ends the scan. Errors: corrupt, io, those of `visit`.
template <typename Row, typename Visit>
Result<void> scan_rows(const Database& database, Family family, std::size_t key_size,
                       std::string_view lower, Findings& findings, Visit visit) {
  Result<void> visited;
  Result<void> scanned = database.scan(
      family, lower, {}, Database::Order::ascending,
      [&](std::string_view key, std::string_view value) {
        Row row;
        if ((key_size != 0 && key.size() != key_size) || !decode(value, row))
          findings.add("row", fmt::format("{}: the row {} cannot be read; restore a backup",
                                          name_of(family), hex_of(key)));
        else
          visited = visit(key, row);
        return static_cast<bool>(visited);
      });
  return scanned ? std::move(visited) : std::move(scanned);
}

/// Questions that one row of a family answers, asked in batches. Used by one thread.
template <typename Question>
class Lookup {
 public:
  /// Called with each question and the bytes of its row.
  using Answer = std::function<void(const Question&, const std::optional<std::string>&)>;

  Lookup(const Database& database, Family family, Answer answer)
      : database_(database), family_(family), answer_(std::move(answer)) {}

  Result<void> ask(std::string key, Question question) {
    keys_.push_back(std::move(key));
    questions_.push_back(std::move(question));
    return keys_.size() < kBatch ? Result<void>() : flush();
  }

  Result<void> flush() {
    const std::vector<std::string_view> keys(keys_.begin(), keys_.end());
    Result<std::vector<std::optional<std::string>>> rows = database_.multi_get(family_, keys);
    if (!rows) return std::move(rows).error();
    for (std::size_t i = 0; i < questions_.size(); ++i) answer_(questions_[i], (*rows)[i]);
    keys_.clear();
    questions_.clear();
    return {};
  }

 private:
  static constexpr std::size_t kBatch = 256;

  const Database& database_;
  const Family family_;
  const Answer answer_;
  std::vector<std::string> keys_;
  std::vector<Question> questions_;
};

}  // namespace feedwire::storage
