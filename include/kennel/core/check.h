// Errors a user can act on: what was expected, what came, what to try.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace kennel {

/// An error caused by the user's input or machine. `what()` is one line, ready to print; the
/// program ends with exit code 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Joins its arguments into one string with `operator<<`.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Throws `Error` with the joined arguments as its message.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(text(parts...));
}

}  // namespace kennel

/// Checks the user's input; throws `kennel::Error` with the message built from the remaining
/// arguments.
#define KENNEL_CHECK(condition, ...)               \
  do {                                             \
    if (!(condition)) ::kennel::fail(__VA_ARGS__); \
  } while (false)
