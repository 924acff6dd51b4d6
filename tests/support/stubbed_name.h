// A host name that resolves to what a test says. Part of a program, it stands before getaddrinfo()
// of libc for all libraries.

#pragma once

#include <string>
#include <vector>

namespace feedwire::tests {

/// While it lives, each look-up of `name` gives the next of `addresses`, one at a time; the last
/// one stays. One at a time may live. Look-ups may come from any thread.
class StubbedName {
 public:
  StubbedName(std::string name, std::vector<std::string> addresses);
  StubbedName(const StubbedName&) = delete;
  StubbedName& operator=(const StubbedName&) = delete;
  ~StubbedName();

  int lookups() const;
};

}  // namespace feedwire::tests
