#include "tests/support/stubbed_name.h"

#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace feedwire::tests {
namespace {

struct Stub {
  std::string name;  // empty = there is none
  std::vector<std::string> addresses;
  std::size_t lookups = 0;
};

std::mutex stub_mutex;
Stub stub;  // guarded by stub_mutex

std::optional<std::string> next_address(const char* name) {
  const std::lock_guard lock(stub_mutex);
  if (name == nullptr || stub.name.empty() || stub.name != name) return std::nullopt;
  return stub.addresses[std::min(stub.lookups++, stub.addresses.size() - 1)];
}

}  // namespace

StubbedName::StubbedName(std::string name, std::vector<std::string> addresses) {
  const std::lock_guard lock(stub_mutex);
  stub = {std::move(name), std::move(addresses), 0};
}

StubbedName::~StubbedName() {
  const std::lock_guard lock(stub_mutex);
  stub = {};
}

int StubbedName::lookups() const {
  const std::lock_guard lock(stub_mutex);
  return static_cast<int>(stub.lookups);
}

}  // namespace feedwire::tests

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using Resolve = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto resolve = reinterpret_cast<Resolve>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::optional<std::string> address = feedwire::tests::next_address(name);
  return resolve(address ? address->c_str() : name, service, hints, found);
}
