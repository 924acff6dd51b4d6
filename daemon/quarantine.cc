#include "daemon/quarantine.h"

#include <algorithm>
#include <utility>

namespace feedwire::daemon {
namespace {

// Bodies come from strangers, who must not be able to have another's document refused.
Hash128 hash_of(std::string_view body) { return sha256_128({body}); }

}  // namespace

const Quarantine::Case* Quarantine::find(std::string_view body, MonoTime now) {
  while (!cases_.empty() && cases_.front().until <= now) cases_.pop_front();
  if (cases_.empty()) return nullptr;
  const Hash128 hash = hash_of(body);
  const auto found = std::find_if(cases_.begin(), cases_.end(),
                                  [&](const Case& known) { return known.body == hash; });
  return found == cases_.end() ? nullptr : &*found;
}

void Quarantine::add(std::string_view body, bool proven, Error error, MonoTime now) {
  forget(body);
  if (cases_.size() == kMaxBodies) cases_.pop_front();
  cases_.push_back({hash_of(body), proven, std::move(error), now + kTime});
}

void Quarantine::forget(std::string_view body) {
  if (cases_.empty()) return;
  std::erase_if(cases_, [hash = hash_of(body)](const Case& known) { return known.body == hash; });
}

}  // namespace feedwire::daemon
