#include "tests/support/scripted_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace feedwire::tests {
namespace {

/// Plays one step; false where the script ends.
struct Player {
  Connection& connection;
  const std::function<bool()>& read_request;

  bool operator()(const Send& step) const { return connection.write(step.bytes); }
  bool operator()(const SendForever& step) const {
    while (connection.write(step.bytes) &&
           (step.pause.count() == 0 || connection.pause(step.pause)))
      continue;
    return false;
  }
  bool operator()(const Pause& step) const { return connection.pause(step.span); }
  bool operator()(const Hang&) const {
    for (std::string ignored; connection.read_some(ignored);) ignored.clear();
    return false;
  }
  bool operator()(const Reset&) const {
    connection.reset();
    return false;
  }
  bool operator()(const NextRequest&) const { return read_request(); }
};

}  // namespace

Script in_pieces(std::string_view bytes, std::size_t piece_bytes) {
  Script script;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes)
    script.push_back(Send{std::string(bytes.substr(at, piece_bytes))});
  return script;
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts, const TlsIdentity* tls)
    : scripts_(std::move(scripts)),
      tls_(tls != nullptr),
      listener_("127.0.0.1", 0, tls, [this](Connection& connection) { serve(connection); }) {}

std::string ScriptedServer::url(std::string_view path_and_query) const {
  return fmt::format("{}://127.0.0.1:{}{}", tls_ ? "https" : "http", listener_.port(),
                     path_and_query);
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::serve(Connection& connection) {
  std::string buffer;
  const std::function<bool()> read_request = [&] {
    std::string head;
    if (!connection.read_head(buffer, head)) return false;
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(head));
    return true;
  };
  if (!read_request()) return;

  const Player player{connection, read_request};
  for (const Step& step : next_script())
    if (!std::visit(player, step)) return;
}

const Script& ScriptedServer::next_script() {
  const std::lock_guard lock(mutex_);
  return scripts_[std::min(next_script_++, scripts_.size() - 1)];
}

}  // namespace feedwire::tests
