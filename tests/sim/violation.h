// What a simulation throws when feedwired did what it must not do.

#pragma once

#include <stdexcept>

namespace feedwire::sim {

class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace feedwire::sim
