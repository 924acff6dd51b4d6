// The peer of our sanitiser: libxml2's HTML tree, parsed and serialised again, without a look at
// what is in it. Any sanitiser that is built upon the tree costs more.

#pragma once

#include <string>
#include <string_view>

namespace feedwire::bench {

std::string html_round_trip(std::string_view html);

}  // namespace feedwire::bench
