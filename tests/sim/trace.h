// What a simulation did, as one hash: two runs of a seed must agree in every request, file
// operation and event.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace feedwire::sim {

class Trace {
 public:
  void add(std::string_view what) {
    hash_.update(what);
    hash_.update("\n");
    ++size_;
  }
  std::uint64_t size() const { return size_; }
  std::string hash() const { return hash_.hex().substr(0, 16); }

 private:
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

}  // namespace feedwire::sim
