#include "storage/findings.h"

#include <utility>

namespace feedwire::storage {

void Findings::add(std::string_view code, std::string text) {
  ++count_;
  if (++counts_[code] <= kToldPerCode) told_.push_back({code, std::move(text)});
}

}  // namespace feedwire::storage
