#include "base/rng.h"

#include <sys/random.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace feedwire {

std::uint64_t SystemRng::next() {
  if (left_ == 0) {
    // Up to 256 bytes come whole or not at all (getrandom(2)); only a signal before the pool is
    // seeded can interrupt.
    static_assert(sizeof numbers_ <= 256);
    ssize_t got = 0;
    while ((got = ::getrandom(numbers_.data(), sizeof numbers_, 0)) < 0 && errno == EINTR) {
    }
    if (got != sizeof numbers_) throw std::runtime_error("getrandom failed");
    left_ = numbers_.size();
  }
  return std::exchange(numbers_[numbers_.size() - left_--], 0);  // a secret leaves no copy here
}

std::uint64_t SeededRng::next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

}  // namespace feedwire
