// A secret that the gateway makes itself where the configuration has none, and keeps in a file of its user's.
#pragma once

#include "base/secret.hpp"
#include "errors/result.hpp"

#include <string>
#include <string_view>

namespace sallyport::config {

struct KeptSecret {
  std::string_view what;  // for messages: "token"
  std::string_view form;  // what one looks like
  bool (*is_one)(std::string_view);
};

// Reads the file at `path`, or makes it, mode 0600, with 256 random bits as 64 hexadecimal digits; of several
// gateways that do so at once one makes it. A file that others could read is closed to them. SYS_001 with a
// developer message for one that cannot be read or made, or holds something else.
Result<Secret> open_kept_secret(const std::string& path, const KeptSecret& kept);

}  // namespace sallyport::config
