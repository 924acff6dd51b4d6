// The handler of "/": a page to look at. It is the same for everybody and tells nothing; what it
// shows it asks the API for, with the token that it was given.

#include <string>

#include "daemon/api_handlers.h"
#include "daemon/page_data.h"

namespace feedwire::daemon {

void get_page(const ApiCall& call, const Respond& respond) {
  ApiReply reply{.content_type = "text/html; charset=utf-8"};
  reply.cache_control = "no-cache";  // to be kept, and asked for again each time
  reply.headers = {{"ETag", std::string(kPageEtag)},
                   {"Content-Security-Policy", std::string(kPagePolicy)},
                   {"Referrer-Policy", "no-referrer"},
                   {"X-Frame-Options", "DENY"},
                   {"Cross-Origin-Opener-Policy", "same-origin"},
                   {"Cross-Origin-Resource-Policy", "same-origin"}};
  // One tag is never part of another: it is a hash in quotes.
  const std::string& known = call.request.if_none_match;
  if (known == "*" || known.find(kPageEtag) != known.npos) {
    reply.status = 304;
    reply.content_type.clear();
  } else {
    reply.body = kPageHtml;
  }
  respond(std::move(reply));
}

}  // namespace feedwire::daemon
