#include "classify/errno.hpp"

#include <cerrno>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <string.h>

namespace sallyport::classify {
namespace {

struct Expected {
  FailureClass failure;
  std::string_view code;  // of a tool call that was not sent
  Kind kind;
  bool can_retry;
};

constexpr Kind unreachable = Kind::network_transport_runtime_unreachable;
constexpr Kind unmapped = Kind::network_transport_runtime_unmapped;

const std::map<int, Expected>& expected() {
  static const std::map<int, Expected> all = {
      {ECONNREFUSED, {FailureClass::connection, "NET_002", unreachable, true}},
      {ECONNRESET, {FailureClass::connection, "NET_002", unreachable, true}},
      {ECONNABORTED, {FailureClass::connection, "NET_002", unreachable, true}},
      {EPIPE, {FailureClass::connection, "NET_002", unreachable, true}},
      {ENOTCONN, {FailureClass::connection, "NET_002", unreachable, true}},
      {ESHUTDOWN, {FailureClass::connection, "NET_002", unreachable, true}},
      {ENETRESET, {FailureClass::connection, "NET_002", unreachable, true}},
      {ETIMEDOUT, {FailureClass::timeout, "TOOL_004", Kind::network_transport_runtime_timeout, true}},
      {EHOSTUNREACH, {FailureClass::unreachable, "NET_005", unreachable, true}},
      {ENETUNREACH, {FailureClass::unreachable, "NET_005", unreachable, true}},
      {EHOSTDOWN, {FailureClass::unreachable, "NET_005", unreachable, true}},
      {ENETDOWN, {FailureClass::unreachable, "NET_005", unreachable, true}},
      {ENONET, {FailureClass::unreachable, "NET_005", unreachable, true}},
      {EPROTO, {FailureClass::protocol, "NET_006", unreachable, true}},
      {EMFILE, {FailureClass::exhausted, "SYS_002", unmapped, true}},
      {ENFILE, {FailureClass::exhausted, "SYS_002", unmapped, true}},
      {ENOMEM, {FailureClass::exhausted, "SYS_002", unmapped, true}},
      {EAGAIN, {FailureClass::exhausted, "SYS_002", unmapped, true}},
      {ENOBUFS, {FailureClass::exhausted, "SYS_002", unmapped, true}},
      {ECANCELED, {FailureClass::cancelled, "PROTO_013", Kind::gateway_runtime_cancelled, false}},
  };
  return all;
}

TEST(Errno, EveryNumberHasItsVerdict) {
  int named = 0;
  for (int number = 1; number < 4096; ++number) {
    const Error error = from_errno(number, {.operation = Operation::tool_call});
    if (!errno_name(number).empty()) ++named;
    const auto row = expected().find(number);
    if (row == expected().end()) {
      EXPECT_FALSE(errno_verdict(number)) << errno_name(number);
      EXPECT_EQ(error.code(), Code::tool_execution_failed) << errno_name(number);
      EXPECT_EQ(error.kind(), Kind::tool_runtime_fatal) << errno_name(number);
      EXPECT_FALSE(error.can_retry()) << errno_name(number);
      EXPECT_EQ(from_errno(number, {}).code(), Code::system_operation_failed) << errno_name(number);
      continue;
    }
    EXPECT_EQ(errno_verdict(number)->failure, row->second.failure) << errno_name(number);
    EXPECT_EQ(wire_name(error.code()), row->second.code) << errno_name(number);
    EXPECT_EQ(error.kind(), row->second.kind) << errno_name(number);
    EXPECT_EQ(error.can_retry(), row->second.can_retry) << errno_name(number);
  }
  EXPECT_EQ(named, 131);  // 1 to 133 without 41 and 58
}

TEST(Errno, NamesReadBack) {
  for (int number = 1; number < 200; ++number) {
    if (const std::string_view name = errno_name(number); !name.empty()) {
      EXPECT_EQ(parse_errno(name), number) << name;
    }
  }
  EXPECT_EQ(errno_name(ECONNREFUSED), "ECONNREFUSED");
  EXPECT_EQ(parse_errno("EWOULDBLOCK"), EAGAIN);
  EXPECT_EQ(parse_errno("ENOTSUP"), EOPNOTSUPP);
  EXPECT_EQ(parse_errno("EDEADLOCK"), EDEADLK);
  for (const std::string_view name : {"", "0", "ENOTHING", "econnrefused"}) {
    EXPECT_EQ(parse_errno(name), std::nullopt) << name;
  }
  EXPECT_EQ(errno_name(0), "");
  EXPECT_EQ(errno_name(-1), "");
}

TEST(Errno, ARefusedConnectionRanNothing) {
  const Error error = from_errno(ECONNREFUSED, {});
  EXPECT_EQ(error.executed(), Executed::no);
  EXPECT_EQ(error.phase(), Phase::connect);
  ASSERT_EQ(error.extras().size(), 1u);
  EXPECT_EQ(error.extras()[0].key, "error_type");
  EXPECT_EQ(std::get<std::string>(error.extras()[0].value), "ECONNREFUSED");
  EXPECT_EQ(from_errno(ECONNRESET, {}).executed(), Executed::maybe);
}

TEST(Errno, OnSpawnTheCommandIsToBlame) {
  for (const int number :
       {ENOENT, EACCES, ENOEXEC, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, E2BIG, EPERM, EINVAL}) {
    const Error error = from_errno(number, {.operation = Operation::tool_call, .phase = Phase::spawn});
    EXPECT_EQ(error.code(), Code::config_invalid) << errno_name(number);
    EXPECT_EQ(error.kind(), Kind::tool_runtime_fatal) << errno_name(number);
    EXPECT_FALSE(error.can_retry()) << errno_name(number);
    EXPECT_EQ(error.executed(), Executed::no) << errno_name(number);
  }
  for (const int number : {EMFILE, ENOMEM, EAGAIN}) {
    const Error error = from_errno(number, {.operation = Operation::tool_call, .phase = Phase::spawn});
    EXPECT_EQ(error.code(), Code::system_resource_exhausted) << errno_name(number);
    EXPECT_TRUE(error.can_retry()) << errno_name(number);
    EXPECT_EQ(error.executed(), Executed::no) << errno_name(number);
  }
}

}  // namespace
}  // namespace sallyport::classify
