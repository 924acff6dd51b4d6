#include "tests/support/replayed_web.h"

#include "base/hash.h"
#include "feeds/feed.h"
#include "feeds/read_feed.h"

namespace feedwire::tests {

using daemon::HttpRequest;
using daemon::HttpResponse;

HttpResponse answer(const HttpRequest& request, int status, std::string body,
                    std::vector<std::pair<std::string, std::string>> headers) {
  HttpResponse response;
  response.id = request.id;
  response.status = status;
  response.final_url = request.url;
  response.headers = std::move(headers);
  response.wire_bytes = body.size();
  response.body = std::move(body);
  const bool is_theirs = request.validators_url.empty() || request.validators_url == request.url;
  response.sent_validators =
      is_theirs && !(request.etag.empty() && request.last_modified.empty());  // H-18
  return response;
}

void ReplayedWeb::serve_document(const std::string& url, const std::string& body) {
  servers_[url] = [body](const HttpRequest& request) {
    const std::string etag = '"' + hex64(xxh3_64(body)) + '"';
    const HttpResponse unchanged = answer(request, 304, "", {{"etag", etag}});
    if (unchanged.sent_validators && request.etag == etag) return unchanged;
    return answer(request, 200, body, {{"etag", etag}, {"content-type", "application/xml"}});
  };
}

std::vector<HttpResponse> ReplayedWeb::step(Now now) {
  for (HttpRequest& request : started_) {
    seen.push_back({now, request});
    const auto server = servers_.find(request.url);
    HttpResponse response = answer(request, 0, "");
    if (server != servers_.end()) {
      response = server->second(request);
    } else {
      response.error = daemon::TransportError::dns;
      response.error_message = "no such host";
    }
    waiting_.push_back({now.mono + latency, std::move(response)});
  }
  started_.clear();
  std::vector<HttpResponse> done;
  while (!waiting_.empty() && waiting_.front().done <= now.mono) {
    done.push_back(std::move(waiting_.front().response));
    waiting_.pop_front();
  }
  return done;
}

std::vector<daemon::ParseDone> InlineParser::step(Now) {
  std::vector<daemon::ParseDone> done;
  for (const daemon::ParseJob& job : jobs_) {
    Result<std::string> flat = feeds::read_feed(job.body, job.request);
    daemon::ParseDone& read = done.emplace_back(
        daemon::ParseDone{job.id, flat ? feeds::Feed::check(std::move(*flat))
                                       : Result<feeds::Feed>(std::move(flat).error())});
    if (!read.feed && job.request.find_linked)
      read.linked_feeds = feeds::linked_feeds(job.body, job.request.source);
  }
  jobs_.clear();
  return done;
}

}  // namespace feedwire::tests
