// The stages with a WebSub hub, in virtual time: what the hub is asked, and what it says and sends.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/websub_policy.h"
#include "tests/daemon/stage_run.h"
#include "tests/support/test_hub.h"

namespace feedwire::daemon {

inline constexpr char kHub[] = "http://hub.example/";

class HubRun : public StageRun {
 public:
  using Fields = std::map<std::string, std::string>;

  HubRun() {
    use_hubs();
    set_hub_answer(202);
  }

  void set_hub_answer(int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
    web.serve(kHub, [status, headers](const HttpRequest& request) {
      return tests::answer(request, status, "", headers);
    });
  }
  /// A feed at kUrl that names the hub in its headers.
  void serve(const std::string& body, const std::string& hub = kHub) {
    web.serve(kUrl, [body, hub](const HttpRequest& request) {
      const std::string etag = '"' + hex64(xxh3_64(body)) + '"';
      const std::string links = "<" + hub + ">; rel=hub, <" + kUrl + ">; rel=self";
      const bool known = request.etag == etag;
      return tests::answer(request, known ? 304 : 200, known ? "" : body,
                           {{"etag", etag}, {"link", links}});
    });
  }

  /// What the hub was asked for, oldest first.
  std::vector<Fields> asked() const {
    std::vector<Fields> all;
    for (const tests::ReplayedWeb::Seen& seen : web.seen)
      if (!seen.request.form.empty()) all.push_back(tests::form_fields(seen.request.form));
    return all;
  }
  /// When the feed was polled.
  std::vector<WallTime> polls(const std::string& url = kUrl) const {
    std::vector<WallTime> all;
    for (const tests::ReplayedWeb::Seen& seen : web.seen)
      if (seen.request.url == url) all.push_back(seen.at.wall);
    return all;
  }

  CallbackReply verify(const Fields& asked, Fields more = {}) {
    CallbackRequest request;
    request.token = token_of(asked);
    request.query = {{"hub.mode", asked.at("hub.mode")},
                     {"hub.topic", asked.at("hub.topic")},
                     {"hub.challenge", "c h/allenge"},
                     {"hub.lease_seconds", "864000"}};
    for (auto& [name, value] : more) request.query[name] = value;
    CallbackReply reply = stage().verify(request, clock_.now());
    run(1s);
    return reply;
  }
  CallbackReply push(const Fields& asked, const std::string& body) {
    return push(asked, body, tests::hub_signature(asked.at("hub.secret"), body));
  }
  CallbackReply push(const Fields& asked, const std::string& body, const std::string& signature) {
    const std::shared_ptr<Answered> answered = begin_push(asked, body, signature);
    run(1s);
    return answered->reply.value_or(CallbackReply{kNotYet});
  }

  static constexpr int kNotYet = 0;  // the status of a push that was not answered
  struct Answered {
    std::optional<CallbackReply> reply;
    std::size_t entries = 0;  // that were in the log then
  };
  std::shared_ptr<Answered> begin_push(const Fields& asked, const std::string& body,
                                       const std::string& signature) {
    CallbackRequest request;
    request.token = token_of(asked);
    request.content_type = "application/rss+xml";
    request.signature = signature;
    request.body = body;
    auto answered = std::make_shared<Answered>();
    stage().take_push(std::move(request), CallbackAnswer([this, answered](CallbackReply reply) {
                        CHECK_FALSE(answered->reply);
                        answered->reply = std::move(reply);
                        answered->entries = count("entry.created");
                      }),
                      clock_.now());
    return answered;
  }

  static std::string token_of(const Fields& asked) {
    const std::string& callback = asked.at("hub.callback");
    return callback.substr(callback.rfind('/') + 1);
  }

  /// Subscribed and confirmed, with the poll that follows; returns what was asked.
  Fields subscribe(int entries) {
    serve(document(entries));
    start({kUrl});
    run(3s);
    const Fields asked = this->asked().at(0);
    CHECK(verify(asked).status == 200);
    run(130s);
    return asked;
  }
  const storage::HubSubscription& hub() {
    row_ = feed(kUrl).poll;
    REQUIRE(row_.hub);
    return *row_.hub;
  }

 private:
  storage::PollRow row_;
};

}  // namespace feedwire::daemon
