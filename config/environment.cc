#include "config/environment.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "config/read_value.h"
#include "config/schema.h"

namespace feedwire::config {
namespace {

std::string variable_name(const KeySpec& spec) {
  std::string name = "FEEDWIRE_";
  if (!spec.section.empty()) name.append(spec.section).append("_");
  name.append(spec.name);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.push_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Puts into `table` the value that a file would give the key, so that one set of checks is enough.
void insert_value(toml::table& table, const KeySpec& spec, const std::string& text) {
  switch (spec.kind) {
    case Kind::count:
      if (const auto count = parse_number<std::int64_t>(text)) table.insert(spec.name, *count);
      break;
    case Kind::number:
      if (const auto number = parse_number<double>(text)) table.insert(spec.name, *number);
      break;
    case Kind::flag:
      if (text == "true" || text == "false") table.insert(spec.name, text == "true");
      break;
    case Kind::paths:
    case Kind::texts:
    case Kind::networks: {
      toml::array list;
      for (const std::string_view part : split_list(text)) list.push_back(part);
      table.insert(spec.name, std::move(list));
      break;
    }
    case Kind::hosts:
    case Kind::headers: {
      toml::table pairs;
      for (const std::string_view part : split_list(text)) {
        const std::size_t equals = std::min(part.find('='), part.size());
        pairs.insert_or_assign(part.substr(0, equals),
                               part.substr(std::min(equals + 1, part.size())));
      }
      table.insert(spec.name, std::move(pairs));
      break;
    }
    default:
      table.insert(spec.name, text);
  }
}

}  // namespace

void read_environment(const std::map<std::string, std::string>& environment, LoadResult& result) {
  const std::filesystem::path working_folder;
  for (const Setting& setting : settings()) {
    const auto variable = environment.find(variable_name(setting.spec));
    if (variable == environment.end()) continue;
    const Origin origin{"$" + variable->first, 0, 0};
    result.origins[setting.spec.path()] = origin;

    toml::table table;
    insert_value(table, setting.spec, variable->second);
    const toml::node* const value = table.get(setting.spec.name);
    if (value == nullptr) {
      result.mistakes.push_back(
          {origin.file, 0, 0, setting.spec.path(), "expected " + describe(setting.spec), ""});
      continue;
    }
    for (Problem& problem :
         read_value(*value, setting.spec, working_folder, setting.slot(*result.config)))
      result.mistakes.push_back({origin.file, 0, 0, setting.spec.path(), std::move(problem.message),
                                 std::move(problem.suggestion)});
  }
}

}  // namespace feedwire::config
