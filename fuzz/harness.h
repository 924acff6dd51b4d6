// What every fuzz target stands on: properties that must hold, and the limits of time and memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace feedwire::fuzz {

/// Ends the program with "fuzz: WHAT" and, in quotes, `detail`, unless `holds`.
void require(bool holds, std::string_view what, std::string_view detail = {});

/// The cost of what a thread does in its lifetime. The destructor requires that it stayed within
/// the limits for an input of `input_bytes`: a second of CPU for each MiB (more where sanitizers
/// slow the code down, and a little for the smallest), 64 MiB and 12 times the input. Memory is
/// that of malloc at its peak, counted where AddressSanitizer is part of the program. One at a
/// time.
class Meter {
 public:
  explicit Meter(std::size_t input_bytes);
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;
  ~Meter();

 private:
  const std::size_t input_bytes_;
  const double start_seconds_;
};

/// What `work` returns, with a Meter around it.
template <typename Work>
auto within_limits(std::size_t input_bytes, Work work) {
  const Meter meter(input_bytes);
  return work();
}

/// The text up to the first `mark`, which is taken from `rest` with it; all of it without one.
std::string_view take_until(std::string_view& rest, char mark);

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace feedwire::fuzz

/// Each target defines it: runs one input, aborts where a property does not hold, returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
