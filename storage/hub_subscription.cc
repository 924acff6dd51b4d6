#include "storage/hub_subscription.h"

#include <array>
#include <bit>

namespace feedwire::storage {

std::string_view hub_state_name(HubSubscription::State state) {
  static constexpr std::array<std::string_view, kHubStates> kNames = {"asked", "active",
                                                                      "distrusted", "denied"};
  return kNames[static_cast<std::size_t>(state)];
}

int hub_misses(const HubSubscription& subscription) { return std::popcount(subscription.missed); }

}  // namespace feedwire::storage
