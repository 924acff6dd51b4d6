// What the daemon and a parse worker say to each other through two regions of shared memory, one a
// direction. Here are only bytes; memory, pipes and processes are feeds/parse_worker.cc's (the
// worker) and daemon/worker_process.cc's (the daemon).
//
// A batch: the daemon fills the request region and writes one byte into the request pipe; the
// worker fills the reply region and writes one byte into the reply pipe. Nobody touches a region
// while it is the other's turn, but the daemon does not rely on that: it copies, then checks.
//
// Request region: u32 magic, u32 count, then for each document u64 feed key, strings url, content
// type, time zone and subscribed url, the URL rules (varint count and strings, varint count and
// pairs of strings), varint count and u64s of the known raw hashes, u8 whether linked feeds are
// wanted, string body. Reply region: u32 magic, u32 count, kMaxBatch pairs of u32 status and u32
// size, then the payloads end to end: the flat Feed (feeds/feed.h), the message of an error, or for
// a page the message and the URLs of the feeds that it links to, a line each. Numbers and strings
// are those of base/bytes.h.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "feeds/read_feed.h"

namespace feedwire::feeds {

inline constexpr std::size_t kMaxBatch = 8;  // documents
// Both regions are sparse. Together they leave a worker most of its 512 MiB of address space.
inline constexpr std::size_t kRequestBytes = 64 * 1024 * 1024;
inline constexpr std::size_t kReplyBytes = 128 * 1024 * 1024;
inline constexpr std::size_t kMaxMessageBytes = 1024;  // of an error; longer ones are cut
// Feeds that a page links to; more, and those with longer URLs, are left out.
inline constexpr std::size_t kMaxLinkedFeeds = 10, kMaxLinkedUrlBytes = 2048;

/// The daemon's side of a request. The region must outlive the writer.
class RequestWriter {
 public:
  explicit RequestWriter(std::span<char> region);

  /// False, with the region as it was, if the batch is full or the document does not fit.
  bool add(const ReadRequest& request, std::string_view body);

  std::size_t count() const { return count_; }
  std::size_t used_bytes() const { return used_; }

 private:
  void write_header();

  std::span<char> region_;
  std::uint32_t count_ = 0;
  std::size_t used_ = 0;
};

struct WorkerRequest {
  ReadRequest request;
  std::string_view body;  // into the region
};

/// The worker's side of a request. Errors: corrupt.
Result<std::vector<WorkerRequest>> decode_requests(std::string_view region);

struct WorkerReply {
  enum class Status : std::uint32_t {
    feed,       // payload: a flat Feed, yet to be checked by Feed::check()
    malformed,  // payload: the message
    too_large,  // payload: the message
    no_room,    // the flat Feed did not fit beside those of the batch
    page,       // malformed, but it links to feeds. payload: the message
  };
  Status status;
  std::string payload;
  std::vector<std::string> linked_feeds{};  // of a page: at least one
};

/// The worker's side of a reply. The region must outlive the writer.
class ReplyWriter {
 public:
  explicit ReplyWriter(std::span<char> region);

  // Each answers the next document, of which there are at most kMaxBatch.

  /// The room for a flat Feed of `size_bytes` (more than 0), which the caller is to fill. Empty if
  /// there is not so much left: the answer is `no_room`.
  std::span<char> add_feed(std::size_t size_bytes);
  void add_error(const Error& error);
  /// `linked` are the feeds that the document links to; without any it is an error like others.
  void add_page(const Error& error, const std::vector<std::string>& linked);

 private:
  std::span<char> add(WorkerReply::Status status, std::size_t size_bytes);

  std::span<char> region_;
  std::string slots_;  // the pairs written so far
  std::uint32_t count_ = 0;
  std::size_t used_;
};

/// The daemon's side of a reply. Of a region that the worker may be changing all the while each
/// byte is read once, before it is looked at. The region must outlive the reader.
class ReplyReader {
 public:
  /// Errors: corrupt, for what does not start as `expected` replies.
  static Result<ReplyReader> open(std::string_view region, std::size_t expected);

  /// A copy of the next of the `expected` replies. Errors: corrupt.
  Result<WorkerReply> next();

 private:
  struct Slot {
    std::uint32_t status, size;
  };

  ReplyReader(std::vector<Slot> slots, std::string_view payloads)
      : slots_(std::move(slots)), payloads_(payloads) {}

  std::vector<Slot> slots_;
  std::size_t next_ = 0;       // of slots_
  std::string_view payloads_;  // those to come
};

}  // namespace feedwire::feeds
