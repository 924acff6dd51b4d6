// What an operation that may fail returns: the one vocabulary that all folders share.

#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace feedwire {

/// The failures some caller tells apart. A code nobody branches on is not added.
enum class ErrorCode {
  invalid_argument,
  malformed,
  too_large,
  not_found,
  timed_out,
  corrupt,
  unsupported,  // made by a newer version
  busy,         // somebody else holds the lock
  no_space,
  permission,
  unavailable,  // the other side does not answer
  io,
};

struct [[nodiscard]] Error {
  ErrorCode code;
  std::string message;  // for people, outermost context first: "poll <url>: connect: timed out"

  /// Puts what the caller was doing in front of the message.
  Error in(std::string_view context) && {
    message.insert(0, ": ").insert(0, context);
    return std::move(*this);
  }
};

/// ErrorCode::io for the current errno; `what` names the system call's purpose, e.g. "open".
Error errno_error(std::string_view what);

/// A T or an Error; T may be void. Names and meaning are those of std::expected (C++23, N4950
/// [expected]), so that one day this becomes an alias. Reading the wrong side is a bug: it throws.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }

  T& value() & { return read<0>(state_); }
  const T& value() const& { return read<0>(state_); }
  T&& value() && { return std::move(read<0>(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return read<1>(state_); }
  Error&& error() && { return std::move(read<1>(state_)); }

 private:
  template <int kSide, typename State>
  static auto& read(State& state) {
    if (auto* side = std::get_if<kSide>(&state)) return *side;
    if (auto* error = std::get_if<1>(&state)) throw std::logic_error(error->message);
    throw std::logic_error("error() of a Result that holds a value");
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }
  const Error& error() const& { return error_.value(); }
  Error&& error() && { return std::move(error_).value(); }

 private:
  std::optional<Error> error_;
};

}  // namespace feedwire
