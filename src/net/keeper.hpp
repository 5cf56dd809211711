// The keeper, a small process between the gateway and one server that leaves nothing of that server behind,
// and the bytes in which the gateway (child.hpp) and it speak.
#pragma once

#include "net/child.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::net {

// The whole life of a keeper process: what `sallyport --keeper` runs, before anything else of the program. It
// expects the child's standard descriptors as 0 to 2, the control socket and the spec below. Returns the exit
// status.
int keeper_main();

namespace keeper_wire {

inline constexpr int control_fd = 3;
inline constexpr int spec_fd = 4;

// Fails for what exec could not take: no command, a NUL inside, a bad variable name, more than
// max_spec_bytes.
std::expected<std::string, SpawnFailure> encode_spec(const ChildSpec& spec);

// Points into the encoded bytes, which must outlive it and stay where they are; the lists end with a null
// pointer.
struct SpecView {
  std::chrono::milliseconds grace{0};
  std::uint64_t descriptors = 0;
  const char* cwd = nullptr;
  std::vector<char*> argv;
  std::vector<char*> env;
};
std::optional<SpecView> decode_spec(std::string& encoded);

std::array<char, keeper_record_bytes> encode_event(const KeeperEvent& event);

}  // namespace keeper_wire
}  // namespace sallyport::net
