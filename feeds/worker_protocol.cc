#include "feeds/worker_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/utf8.h"

namespace feedwire::feeds {
namespace {

// They change with the layout: a worker of another version must not be understood by chance.
constexpr std::uint32_t kRequestMagic = 0x46575253;
constexpr std::uint32_t kReplyMagic = 0x46575251;

constexpr std::size_t kRequestHeaderBytes = 2 * sizeof(std::uint32_t);
constexpr std::size_t kReplyHeaderBytes = (2 + 2 * kMaxBatch) * sizeof(std::uint32_t);

void copy_to(std::span<char> region, std::size_t offset, std::string_view bytes) {
  const std::span<char> place = region.subspan(offset, bytes.size());
  std::copy(bytes.begin(), bytes.end(), place.begin());
}

void put_rules(std::string& out, const UrlRules& rules) {
  put_varint(out, rules.strip_params.size());
  for (const std::string& name : rules.strip_params) put_string(out, name);
  put_varint(out, rules.host_aliases.size());
  for (const auto& [alias, host] : rules.host_aliases) {
    put_string(out, alias);
    put_string(out, host);
  }
}

UrlRules read_rules(ByteReader& reader) {
  UrlRules rules;
  const std::uint64_t names = reader.varint();
  for (std::uint64_t i = 0; i < names && reader.ok(); ++i)
    rules.strip_params.emplace_back(reader.string());
  const std::uint64_t aliases = reader.varint();
  for (std::uint64_t i = 0; i < aliases && reader.ok(); ++i) {
    const std::string_view alias = reader.string();
    rules.host_aliases.insert_or_assign(std::string(alias), std::string(reader.string()));
  }
  return rules;
}

std::string encode_request(const ReadRequest& request, std::size_t body_size) {
  std::string head;
  put_u64(head, request.feed);
  put_string(head, request.source.url);
  put_string(head, request.source.content_type);
  put_string(head, request.source.time_zone);
  put_string(head, request.subscribed_url);
  put_rules(head, request.rules);
  put_varint(head, request.known_raw.size());
  for (const std::uint64_t hash : request.known_raw) put_u64(head, hash);
  put_u8(head, request.find_linked ? 1 : 0);
  put_varint(head, body_size);
  return head;
}

WorkerRequest decode_request(ByteReader& reader) {
  WorkerRequest decoded;
  decoded.request.feed = reader.u64();
  decoded.request.source.url = reader.string();
  decoded.request.source.content_type = reader.string();
  decoded.request.source.time_zone = reader.string();
  decoded.request.subscribed_url = reader.string();
  decoded.request.rules = read_rules(reader);
  const std::uint64_t known = reader.varint();
  for (std::uint64_t i = 0; i < known && reader.ok(); ++i)
    decoded.request.known_raw.push_back(reader.u64());
  decoded.request.find_linked = reader.u8() != 0;
  decoded.body = reader.string();
  return decoded;
}

Error corrupt(std::string_view what) {
  return Error{ErrorCode::corrupt, fmt::format("parse worker: {}", what)};
}

// The most that may follow a status.
std::size_t max_payload(WorkerReply::Status status) {
  if (status == WorkerReply::Status::feed) return kReplyBytes;
  if (status != WorkerReply::Status::page) return kMaxMessageBytes;
  return kMaxMessageBytes + kMaxLinkedFeeds * (kMaxLinkedUrlBytes + 1);
}

// Moves the lines behind the first out of a page's payload; false if there is none, or too many.
bool take_linked_feeds(WorkerReply& reply) {
  const std::size_t end = reply.payload.find('\n');
  if (end == reply.payload.npos) return false;
  std::string_view rest = std::string_view(reply.payload).substr(end + 1);
  while (!rest.empty() && reply.linked_feeds.size() < kMaxLinkedFeeds) {
    const std::size_t size = std::min(rest.find('\n'), rest.size());
    if (size == 0 || size > kMaxLinkedUrlBytes) return false;
    reply.linked_feeds.emplace_back(rest.substr(0, size));
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  const bool is_all = rest.empty() && !reply.linked_feeds.empty();
  reply.payload.resize(end);
  return is_all;
}

std::string cut_message(std::string_view message) {
  std::string safe = repair_utf8(message);
  if (safe.size() > kMaxMessageBytes) {
    std::size_t end = kMaxMessageBytes;
    while ((static_cast<unsigned char>(safe[end]) & 0xc0) == 0x80) --end;
    safe.resize(end);
  }
  return safe;
}

}  // namespace

RequestWriter::RequestWriter(std::span<char> region) : region_(region), used_(kRequestHeaderBytes) {
  write_header();
}

bool RequestWriter::add(const ReadRequest& request, std::string_view body) {
  if (count_ == kMaxBatch) return false;
  const std::string head = encode_request(request, body.size());
  const std::size_t room = region_.size() - used_;
  if (head.size() > room || body.size() > room - head.size()) return false;
  copy_to(region_, used_, head);
  copy_to(region_, used_ + head.size(), body);
  used_ += head.size() + body.size();
  ++count_;
  write_header();
  return true;
}

void RequestWriter::write_header() {
  std::string header;
  put_u32(header, kRequestMagic);
  put_u32(header, count_);
  copy_to(region_, 0, header);
}

Result<std::vector<WorkerRequest>> decode_requests(std::string_view region) {
  ByteReader reader(region);
  if (reader.u32() != kRequestMagic) return corrupt("a request of another version");
  const std::uint32_t count = reader.u32();
  if (count == 0 || count > kMaxBatch) return corrupt("a batch of impossible size");
  std::vector<WorkerRequest> requests;
  for (std::uint32_t i = 0; i < count; ++i) requests.push_back(decode_request(reader));
  if (!reader.ok()) return corrupt("a request past the end of its region");
  return requests;
}

ReplyWriter::ReplyWriter(std::span<char> region) : region_(region), used_(kReplyHeaderBytes) {}

std::span<char> ReplyWriter::add_feed(std::size_t size_bytes) {
  return add(WorkerReply::Status::feed, size_bytes);
}

void ReplyWriter::add_error(const Error& error) {
  using Status = WorkerReply::Status;
  const bool is_too_large = error.code == ErrorCode::too_large;
  const std::string message = cut_message(error.message);
  const std::span<char> room =
      add(is_too_large ? Status::too_large : Status::malformed, message.size());
  std::copy_n(message.begin(), room.size(), room.begin());
}

void ReplyWriter::add_page(const Error& error, const std::vector<std::string>& linked) {
  std::string payload = cut_message(error.message);
  std::replace(payload.begin(), payload.end(), '\n', ' ');
  std::size_t count = 0;
  for (const std::string& url : linked) {
    const bool fits = count < kMaxLinkedFeeds && !url.empty() && url.size() <= kMaxLinkedUrlBytes &&
                      url.find('\n') == url.npos && is_valid_utf8(url);
    if (!fits) continue;
    payload.append("\n").append(url);
    ++count;
  }
  if (count == 0) return add_error(error);
  const std::span<char> room = add(WorkerReply::Status::page, payload.size());
  std::copy_n(payload.begin(), room.size(), room.begin());
}

std::span<char> ReplyWriter::add(WorkerReply::Status status, std::size_t size_bytes) {
  if (size_bytes > region_.size() - used_) {
    status = WorkerReply::Status::no_room;
    size_bytes = 0;
  }
  put_u32(slots_, static_cast<std::uint32_t>(status));
  put_u32(slots_, static_cast<std::uint32_t>(size_bytes));
  ++count_;
  std::string header;
  put_u32(header, kReplyMagic);
  put_u32(header, count_);
  copy_to(region_, 0, header + slots_);
  const std::span<char> room = region_.subspan(used_, size_bytes);
  used_ += size_bytes;
  return room;
}

Result<ReplyReader> ReplyReader::open(std::string_view region, std::size_t expected) {
  if (region.size() < kReplyHeaderBytes) return corrupt("a reply region without a header");
  // Read once: what was checked must be what is used, whatever the worker writes meanwhile.
  const std::string header(region.substr(0, kReplyHeaderBytes));
  ByteReader reader(header);
  if (reader.u32() != kReplyMagic) return corrupt("a reply of another version");
  if (const std::uint32_t count = reader.u32(); count != expected || count > kMaxBatch)
    return corrupt(fmt::format("{} replies to {} requests", count, expected));
  std::vector<Slot> slots(expected);
  for (Slot& slot : slots) {
    slot.status = reader.u32();
    slot.size = reader.u32();
  }
  return ReplyReader(std::move(slots), region.substr(kReplyHeaderBytes));
}

Result<WorkerReply> ReplyReader::next() {
  using Status = WorkerReply::Status;
  if (next_ == slots_.size()) return corrupt("no more replies");
  const auto [status, size] = slots_[next_++];
  if (status > static_cast<std::uint32_t>(Status::page)) return corrupt("an unknown status");
  if (size > payloads_.size()) return corrupt("a reply past the end of its region");
  const auto known_status = static_cast<Status>(status);
  if (size > max_payload(known_status)) return corrupt("a message too long");
  WorkerReply reply{known_status, std::string(payloads_.substr(0, size))};
  if (known_status != Status::feed && !is_valid_utf8(reply.payload))
    return corrupt("a message in bad UTF-8");
  if (known_status == Status::page && !take_linked_feeds(reply))
    return corrupt("a page without links, or with too many");
  payloads_.remove_prefix(size);
  return reply;
}

}  // namespace feedwire::feeds
