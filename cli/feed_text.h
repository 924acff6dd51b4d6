// A feed as the API describes it, for people. What it returns is not yet made visible (S16).

#pragma once

#include <rapidjson/document.h>

#include <string>
#include <utility>
#include <vector>

namespace feedwire::cli {

/// "2026-11-21T21:15:01.250000Z" -> "2026-11-21 21:15:01"; "-" for anything else.
std::string clock_text(const std::string& time);

/// "failing: HTTP status 404"
std::string state_text(const rapidjson::Value& feed);

/// Name and value of each thing there is to say, in the order in which it is to be read.
std::vector<std::pair<std::string, std::string>> feed_text(const rapidjson::Value& feed);

}  // namespace feedwire::cli
