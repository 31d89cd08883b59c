// Expected failures are values: every function that can fail returns Result<T>.
//
// ErrorKind exists so that callers can branch; a kind that nobody branches on does not exist. `not_sent` and
// `outcome_unknown` are the reason for this type: after the first an effect may be tried again, after the second one
// must look at the host first.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace unjam {

enum class ErrorKind {
  invalid,          // the caller's input is wrong; trying again cannot help
  not_found,        // no such run, host, file, action
  conflict,         // somebody else holds it, or it has moved on since it was read
  denied,           // permission, policy, host key or authentication
  not_sent,         // surely nothing happened on the host
  outcome_unknown,  // it may or may not have happened
  remote_failed,    // the host says that it did not work
  exhausted,        // a named limit (size, depth, time, count) was reached
  corrupt,          // stored data is damaged or from a newer version
  io                // disk, database or system call; the store is not to be trusted after it
};

struct Error {
  ErrorKind kind;
  std::string message;  // what happened, to what, and what to do; one sentence, no trailing newline
  std::string where{};  // file:line:column, host, or path; may be empty

  // "where: message", or the message alone.
  std::string text() const { return where.empty() ? message : where + ": " + message; }
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message, std::string where = {}) {
  return std::unexpected(Error{kind, std::move(message), std::move(where)});
}

}  // namespace unjam
