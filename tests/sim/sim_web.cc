#include "tests/sim/sim_web.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "daemon/poll_policy.h"
#include "feeds/keys.h"
#include "tests/sim/violation.h"
#include "tests/support/replayed_web.h"

namespace feedwire::sim {
namespace {

using namespace std::chrono_literals;
using daemon::HttpRequest;
using daemon::HttpResponse;
using daemon::TransportError;

HttpResponse failed(const HttpRequest& request, TransportError error) {
  HttpResponse response = tests::answer(request, 0, "");
  response.error = error;
  response.error_message = "in the simulation";
  return response;
}

// A proxy that puts its own words into an answer and leaves the validators as they were (H-17).
HttpResponse in_its_place(HttpResponse response, std::string body) {
  response.status = 200;
  response.body = std::move(body);
  return response;
}

}  // namespace

SimWeb::SimWeb(std::vector<Publisher>& publishers, std::chrono::microseconds host_gap,
               std::chrono::seconds floor, Rng& rng, Trace& trace)
    : host_gap_(host_gap), floor_(floor), rng_(rng), trace_(trace) {
  for (const Publisher& publisher : publishers)
    sites_[feeds::feed_key(publisher.feed_url())] = {
        &publisher, &hosts_[publisher.host()], Trouble::none, {}, 0, {}};
}

SimWeb::Site& SimWeb::site_of(const Publisher& publisher) {
  return sites_.at(feeds::feed_key(publisher.feed_url()));
}

void SimWeb::excuse() {
  for (auto& [feed, site] : sites_) site.not_before = {};
}

void SimWeb::hang_up(Now now) {
  waiting_.clear();
  for (auto& [name, host] : hosts_) {
    if (host.busy) host.ended = now.mono;
    host.busy = false;
  }
}

std::optional<MonoTime> SimWeb::next_answer() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

void SimWeb::start(HttpRequest request) {
  Site& site = sites_.at(request.id);
  ++requests_;
  trace_.add(
      fmt::format("{} GET {} {}", now_.mono.time_since_epoch().count(), request.url, request.etag));
  Host& host = *site.host;
  if (host.busy) throw Violation("RT-POL: two requests to one host at a time: " + request.url);
  if (host.asked && now_.mono < host.ended + host_gap_)
    throw Violation("RT-POL: the host gap was not kept: " + request.url);
  if (now_.mono < site.not_before) throw Violation("RT-POL: asked before its time: " + request.url);
  host.asked = host.busy = true;
  const std::chrono::microseconds latency{
      20'000 + rng_.next() % (rng_.next() % 8 == 0 ? 20'000'000 : 900'000)};
  waiting_.emplace(now_.mono + latency, answer(site, request));
}

std::vector<HttpResponse> SimWeb::step(Now now) {
  now_ = now;
  std::vector<HttpResponse> done;
  while (!waiting_.empty() && waiting_.begin()->first <= now.mono) {
    done.push_back(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
    Site& site = sites_.at(done.back().id);
    site.host->busy = false;
    site.host->ended = now.mono;
    site.not_before =
        now.mono + std::max(floor_, daemon::retry_after(done.back(), now.wall).value_or(0s));
  }
  return done;
}

HttpResponse SimWeb::answer(Site& site, const HttpRequest& request) {
  Trouble trouble = site.trouble;
  if (bad_luck_ != 0 && rng_.next() % bad_luck_ == 0)
    trouble = static_cast<Trouble>(rng_.next() % (static_cast<int>(Trouble::naked_304) + 1));
  switch (trouble) {
    case Trouble::none:
      ++site.good;
      return answer_well(site, request);
    case Trouble::dns:
      return failed(request, TransportError::dns);
    case Trouble::timeout:
      return failed(request, TransportError::timeout);
    case Trouble::reset:
      return failed(request, TransportError::reset);
    case Trouble::truncated:
      return failed(request, TransportError::truncated);
    case Trouble::error_500:
      return tests::answer(request, 500, "oops");
    case Trouble::unavailable:
      return tests::answer(request, 503, "", {{"retry-after", std::to_string(rng_.next() % 7200)}});
    case Trouble::too_many:
      if (rng_.next() % 2 == 0) return tests::answer(request, 429, "");
      return tests::answer(request, 429, "", {{"retry-after", "1800"}});
    case Trouble::missing:
      return tests::answer(request, 404, "<html><body>gone</body></html>");
    case Trouble::page:
      return in_its_place(answer_well(site, request),
                          "<!DOCTYPE html><html><body>Please log in</body></html>");
    case Trouble::garbage:
      return in_its_place(answer_well(site, request), "\x01\x02 no feed \xff");
    case Trouble::empty:
      return tests::answer(request, 200, "");
    case Trouble::naked_304: {  // from where it redirects to, which was sent no validators
      HttpResponse response = tests::answer(request, 304, "");
      response.sent_validators = false;
      response.final_url = request.url + "/elsewhere";
      response.redirects = {{302, response.final_url}};
      return response;
    }
  }
  return answer_well(site, request);
}

// A third of the servers each knows entity tags, dates, nothing.
HttpResponse SimWeb::answer_well(Site& site, const HttpRequest& request) {
  site.served = site.publisher->document(world_time(now_));
  const std::string& body = site.served.body;
  const std::string tag = '"' + hex64(xxh3_64(body)) + '"';
  std::vector<std::pair<std::string, std::string>> headers{
      {"content-type", site.served.content_type}};
  const std::uint64_t kind = request.id % 3;
  if (kind == 0) headers.emplace_back("etag", tag);
  if (kind == 1) headers.emplace_back("last-modified", "as of " + tag);
  const bool unchanged =
      (kind == 0 && request.etag == tag) || (kind == 1 && request.last_modified == "as of " + tag);
  return unchanged ? tests::answer(request, 304, "", std::move(headers))
                   : tests::answer(request, 200, body, std::move(headers));
}

}  // namespace feedwire::sim
