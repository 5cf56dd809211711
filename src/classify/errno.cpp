#include "classify/errno.hpp"

#include <cerrno>
#include <cstring>

namespace sallyport::classify {
namespace {

constexpr int last_errno = 133;  // EHWPOISON

// What the command line, its file or its directory is to blame for: no repetition mends it.
constexpr bool is_bad_command(int number) noexcept {
  switch (number) {
    case ENOENT:
    case EACCES:
    case EPERM:
    case ENOEXEC:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case E2BIG:
    case EINVAL:
    case ELIBBAD:
    case ELIBACC:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<Verdict> errno_verdict(int number) noexcept {
  switch (number) {
    case ECONNREFUSED: {
      Verdict refused = verdict_for(FailureClass::connection);
      refused.phase = Phase::connect;
      return refused;
    }
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN:
    case ESHUTDOWN:
    case ENETRESET:
      return verdict_for(FailureClass::connection);
    case ETIMEDOUT:
      return verdict_for(FailureClass::timeout);
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENONET:
      return verdict_for(FailureClass::unreachable);
    case EPROTO:
      return verdict_for(FailureClass::protocol);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case ENOBUFS:
      return verdict_for(FailureClass::exhausted);
    case ECANCELED:
      return verdict_for(FailureClass::cancelled);
    default:
      return std::nullopt;
  }
}

std::string_view errno_name(int number) noexcept {
  const char* name = strerrorname_np(number);
  return name != nullptr && number != 0 ? std::string_view(name) : std::string_view();
}

std::optional<int> parse_errno(std::string_view name) noexcept {
  if (name == "EWOULDBLOCK") return EWOULDBLOCK;
  if (name == "EDEADLOCK") return EDEADLOCK;
  if (name == "ENOTSUP") return ENOTSUP;
  for (int number = 1; number <= last_errno; ++number) {
    if (errno_name(number) == name && !name.empty()) return number;
  }
  return std::nullopt;
}

Error from_errno(int number, const Context& context) {
  Context known = context;
  Verdict verdict = errno_verdict(number).value_or(verdict_for(FailureClass::local));
  if (context.phase == Phase::spawn && is_bad_command(number)) {
    verdict = verdict_for(FailureClass::misuse);
    known.from_config = true;
  }
  return make_error(verdict, known, errno_name(number));
}

}  // namespace sallyport::classify
