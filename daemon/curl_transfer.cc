#include "daemon/curl_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "daemon/curl_errors.h"
#include "feeds/ascii.h"
#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr char kAccept[] =  // H-03
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1";

// Of the body. What those who wait may hold in memory is bounded by it.
constexpr std::uint64_t kStalledBytes = 128 << 10;

constexpr std::size_t kUsualHeaders = 16;

long as_curl(milliseconds span) {
  return static_cast<long>(std::max<milliseconds::rep>(span.count(), 1));
}

bool holds_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

// Whether libcurl has a cookie to send, which it is not to have.
bool holds_cookies(CURL* easy) {
  curl_slist* cookies = nullptr;
  curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &cookies);
  curl_slist_free_all(cookies);
  return cookies != nullptr;
}

}  // namespace

CurlTransfer::CurlTransfer(const TransportOptions& options, const AddressGuard& guard,
                           LargeBodies& large)
    : options_(options),
      guard_(guard),
      large_(large),
      curl_message_(CURL_ERROR_SIZE, '\0'),
      easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  set_constant_options();
}

/// Set once: what differs from poll to poll is set by begin_hop(), all of it, each time.
void CurlTransfer::set_constant_options() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");  // S5
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  // We decode ourselves, see body_decoder.h; this only sends the header.
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br, zstd");
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  // S4: never the environment's proxies.
  curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // libcurl 7.88 caches the CA store only without CAPATH, which Debian sets; reading the bundle
  // anew costs 45 ms of CPU a connection.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  // Its DNS cache is searched from end to end at each look-up, and a feed comes once an hour.
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  // Else giving up a look-up waits for its thread, for as long as the resolver likes.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_message_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &CurlTransfer::on_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

bool CurlTransfer::begin(HttpRequest request, MonoTime now) {
  request_ = std::move(request);
  started_ = now;
  stalled_ = false;
  response_ = HttpResponse{};
  response_.id = request_.id;
  visited_.clear();
  location_.clear();
  decoder_.reset();
  response_.final_url = request_.url;
  Result<HttpTarget> target = parse_target(request_.url);
  if (!target) return fail(TransportError::other, std::move(target).error().message);
  response_.final_url = target->url;
  if (Result<void> sound = check_request(); !sound)
    return fail(TransportError::other, std::move(sound).error().message);
  if (Result<void> known = note_other_urls(*target); !known)
    return fail(TransportError::other, std::move(known).error().message);
  return begin_hop(std::move(target).value(), now);
}

Result<void> CurlTransfer::check_request() {
  allow_.clear();
  for (const std::string& cidr : request_.allow) {
    Result<IpNetwork> network = IpNetwork::parse(cidr);
    if (!network) return std::move(network).error().in("allow");
    allow_.push_back(std::move(network).value());
  }
  for (const auto& [name, value] : request_.headers)
    if (name.empty() || holds_line_break(name) || holds_line_break(value))
      return Error{ErrorCode::invalid_argument,
                   fmt::format("header \"{}\" is empty or has a line break", name)};
  if (holds_line_break(request_.etag) || holds_line_break(request_.last_modified))
    return Error{ErrorCode::invalid_argument, "a validator has a line break"};
  return {};
}

// Whom credentials and validators belong to: in most requests that is where they go.
Result<void> CurlTransfer::note_other_urls(const HttpTarget& target) {
  const auto is_other = [this](const std::string& url) {
    return !url.empty() && url != request_.url;
  };
  Result<HttpTarget> home = is_other(request_.home_url) ? parse_target(request_.home_url) : target;
  if (!home) return std::move(home).error();
  home_origin_ = std::move(home->origin);
  user_ = std::move(home->user);
  password_ = std::move(home->password);
  validators_url_ = target.url;
  if (!is_other(request_.validators_url)) return {};
  Result<HttpTarget> validated = parse_target(request_.validators_url);
  validators_url_ = validated ? std::move(validated->url) : std::string();
  return {};
}

bool CurlTransfer::begin_hop(HttpTarget target, MonoTime now) {
  target_ = std::move(target);
  hop_started_ = now;
  answering_ = headers_complete_ = speaks_http2_ = false;
  location_.clear();
  header_bytes_ = body_bytes_ = window_bytes_ = 0;
  window_started_ = MonoTime{};
  sockets_opened_ = 0;
  blocked_.clear();
  decoder_.reset();
  curl_message_[0] = '\0';
  visited_.push_back(target_.url);
  response_.final_url = target_.url;
  response_.status = 0;
  response_.headers.clear();
  response_.headers.reserve(kUsualHeaders);

  const auto left = duration_cast<milliseconds>(options_.total_timeout - (now - started_));
  if (left.count() <= 0) return fail(TransportError::timeout, "no time left for another redirect");
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, target_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, as_curl(left));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   as_curl(std::min(left, options_.connect_timeout)));
  // S4: a feed with addresses of its own neither uses nor leaves a connection that others have.
  const long apart = allow_.empty() ? 0 : 1;
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, apart);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, apart);
  const long version = request_.http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);  // H-09
  set_method();
  set_request_headers();
  if (holds_cookies(easy)) response_.sent_cookie = true;
  return true;
}

void CurlTransfer::set_method() {
  CURL* easy = easy_.get();
  if (request_.form.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    return;
  }
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request_.form.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.form.data());  // not copied
}

void CurlTransfer::set_request_headers() {
  const bool at_home = target_.origin == home_origin_;  // H-07
  const bool with_user = at_home && !user_.empty();
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_USERNAME, with_user ? user_.c_str() : nullptr);
  curl_easy_setopt(easy, CURLOPT_PASSWORD, with_user ? password_.c_str() : nullptr);

  headers_.reset();
  bool own_accept = false;
  if (at_home)
    for (const auto& [name, value] : request_.headers) {
      add_request_header(name, value);
      own_accept = own_accept || feeds::iequals_ascii(name, "accept");
    }
  if (!own_accept && request_.form.empty()) add_request_header("Accept", kAccept);
  const bool same_url = target_.url == validators_url_;  // H-18
  if (same_url && !request_.etag.empty()) add_request_header("If-None-Match", request_.etag);
  if (same_url && !request_.last_modified.empty())
    add_request_header("If-Modified-Since", request_.last_modified);
  response_.sent_validators =
      same_url && !(request_.etag.empty() && request_.last_modified.empty());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
}

void CurlTransfer::add_request_header(const std::string& name, const std::string& value) {
  // To libcurl "Name:" means to leave that header out and "Name;" to send it empty.
  const std::string line = value.empty() ? name + ";" : name + ": " + value;
  curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(headers_.release());
  headers_.reset(longer);
}

bool CurlTransfer::within_limits(MonoTime now) {
  if (!answering_) {
    if (now - hop_started_ < options_.first_byte) return true;
    return fail(TransportError::timeout,
                fmt::format("no answer within {} ms", options_.first_byte.count()));
  }
  const std::uint64_t bytes = header_bytes_ + body_bytes_;
  if (growth_ == Growth::waits) window_started_ = MonoTime{};  // that is not its server's doing
  if (window_started_ == MonoTime{}) {
    window_started_ = now;
    window_bytes_ = bytes;
  }
  const auto window = now - window_started_;
  if (window < options_.low_speed_time) return true;
  const auto least = options_.low_speed_bytes *
                     static_cast<std::uint64_t>(duration_cast<milliseconds>(window).count()) / 1000;
  if (bytes - window_bytes_ < least)
    return fail(TransportError::too_slow,
                fmt::format("less than {} bytes/s for {} ms", options_.low_speed_bytes,
                            options_.low_speed_time.count()));
  window_started_ = now;
  window_bytes_ = bytes;
  return true;
}

bool CurlTransfer::look_if_stalled(MonoTime now) {
  stalled_ = growth_ == Growth::waits ||
             (now - started_ >= options_.stalled_after && body_bytes_ < kStalledBytes);
  return stalled_;
}

void CurlTransfer::go_on() { curl_easy_pause(easy_.get(), CURLPAUSE_CONT); }

void CurlTransfer::leave_large() {
  const Growth growth = std::exchange(growth_, Growth::small);
  if (growth == Growth::waits) large_.stop_waiting(this);
  if (growth == Growth::large && response_.error == TransportError::none)
    response_.place = large_.hand_over(this);
  else if (growth == Growth::large)
    large_.give_back(this);
}

bool CurlTransfer::end_hop(CURLcode result, MonoTime now) {
  // What befalls the body of a redirect does not matter: where it leads to is known.
  if (!location_.empty()) return follow(now);
  if (response_.error == TransportError::none && result != CURLE_OK) fail_with(result);
  if (response_.error != TransportError::none) return false;
  // libcurl 7.88 is content with an answer that ends within its headers.
  if (!headers_complete_)
    return fail(TransportError::truncated, "the answer ends within its headers");
  if (decoder_)
    if (const TransportError error = decoder_->finish(); error != TransportError::none)
      return fail(error, "the compressed body is not whole");
  return false;
}

bool CurlTransfer::follow(MonoTime now) {
  response_.error = TransportError::none;
  response_.error_message.clear();
  const std::string url = feeds::resolve_url(target_.url, location_);
  Result<HttpTarget> target = parse_target(url);
  if (!target)
    return fail(TransportError::bad_redirect,
                fmt::format("redirect to \"{}\", which is no http or https URL", location_));
  response_.redirects.push_back({response_.status, target->url, peer()});
  if (!request_.form.empty() && response_.status != 307 && response_.status != 308)
    return fail(TransportError::bad_redirect,
                fmt::format("status {} to a POST, which is not to be repeated", response_.status));
  if (target_.https && !target->https)
    return fail(TransportError::bad_redirect,
                fmt::format("redirect from https to {}", target->url));
  if (std::find(visited_.begin(), visited_.end(), target->url) != visited_.end())
    return fail(TransportError::bad_redirect,
                fmt::format("redirects in a loop through {}", target->url));
  if (response_.redirects.size() > static_cast<std::size_t>(options_.max_redirects))
    return fail(TransportError::bad_redirect, fmt::format("more than {} redirects, the last to {}",
                                                          options_.max_redirects, target->url));
  return begin_hop(std::move(target).value(), now);
}

// Behind a proxy that would be the proxy's.
HttpResponse::Peer CurlTransfer::peer() const {
  const char* text = nullptr;
  if (!options_.proxy.empty() ||
      curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &text) != CURLE_OK || text == nullptr)
    return {};
  const Result<IpAddress> address = IpAddress::parse(text);
  if (!address) return {};
  const IpNetwork* const network = guard_.permission(*address, allow_);
  return {address->text(), network != nullptr ? network->text() : std::string()};
}

HttpResponse CurlTransfer::take_response(MonoTime now) {
  response_.elapsed = now - started_;
  response_.peer = peer();
  response_.from_private_network = !response_.peer.allowed_by.empty();
  if (decoder_) {
    response_.wire_bytes = decoder_->wire_bytes();
    if (response_.error == TransportError::none) response_.body = decoder_->take_body();
    decoder_.reset();
  }
  leave_large();
  return std::move(response_);
}

/// Always false, for `return fail(…)`. The first failure of a hop is the cause of the others.
bool CurlTransfer::fail(TransportError error, std::string message) {
  if (response_.error != TransportError::none) return false;
  response_.error = error;
  response_.error_message = std::move(message);
  return false;
}

void CurlTransfer::fail_with(CURLcode result) {
  if (result == CURLE_COULDNT_CONNECT && sockets_opened_ == 0 && !blocked_.empty()) {
    fail(TransportError::blocked,
         fmt::format("{} is refused; to allow it, name its network in `allow` of the feed or of "
                     "[fetch]",
                     blocked_));
    return;
  }
  const char* said = curl_message_.c_str();
  // libcurl 7.88 tells a breach that it finds itself as an answer of nothing.
  response_.broke_http2 = result == CURLE_HTTP2 || result == CURLE_HTTP2_STREAM ||
                          (result == CURLE_GOT_NOTHING && speaks_http2_);
  fail(transport_error(result), *said != '\0' ? said : curl_easy_strerror(result));
}

}  // namespace feedwire::daemon
