#include "client/target.hpp"

#include <algorithm>
#include <tuple>

namespace sallyport::client {

bool same_server(const Target& a, const Target& b) {
  const auto plain = [](const Target& target) {
    return std::tie(target.key, target.command, target.args, target.env, target.cwd, target.url,
                    target.socket, target.ca, target.protocol);
  };
  const auto same_header = [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.reveal() == other.second.reveal();
  };
  return plain(a) == plain(b) && !a.faults == !b.faults &&
         std::ranges::equal(a.headers, b.headers, same_header);
}

}  // namespace sallyport::client
