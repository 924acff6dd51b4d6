// What a check of a store or a log found wrong: sentences for people, each with a short code for
// programs. The codes are listed in storage/event_log.md, "Checking".

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace feedwire::storage {

struct Finding {
  std::string_view code;  // a literal
  std::string text;       // where, what, what to do
};

/// Keeps the first findings of each code: one lost segment may put thousands of lines out of order.
class Findings {
 public:
  static constexpr std::size_t kToldPerCode = 20;

  void add(std::string_view code, std::string text);

  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }  // those included that are not kept
  const std::vector<Finding>& told() const { return told_; }
  const std::map<std::string_view, std::uint64_t>& counts() const { return counts_; }  // by code

 private:
  std::uint64_t count_ = 0;
  std::vector<Finding> told_;
  std::map<std::string_view, std::uint64_t> counts_;
};

}  // namespace feedwire::storage
