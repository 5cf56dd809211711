#include "classify/transport.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <set>
#include <string>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <gtest/gtest.h>
#include <netdb.h>

// The categories only: this program is not linked with Asio or Beast.
#include <boost/asio/impl/error.ipp>
#include <boost/asio/ssl/impl/error.ipp>
#include <boost/beast/core/impl/error.ipp>
#include <boost/beast/http/impl/error.ipp>

namespace sallyport::classify {
namespace {

namespace asio_error = boost::asio::error;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr Kind unreachable = Kind::network_transport_runtime_unreachable;
constexpr Kind unmapped = Kind::network_transport_runtime_unmapped;
constexpr Kind timeout = Kind::network_transport_runtime_timeout;
constexpr Kind fatal = Kind::tool_runtime_fatal;

struct Row {
  std::string_view name;
  error_code code;
  std::string_view expected;  // the code of ours, without an operation
  Kind kind;
  bool can_retry;
  Executed executed = Executed::maybe;
};

// Every enumerator of the libraries beside what errors.md and the reference's table make of it.
const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"access_denied", asio_error::access_denied, "NET_002", unmapped, true},
      {"address_family_not_supported", asio_error::address_family_not_supported, "TOOL_001", fatal, false},
      {"address_in_use", asio_error::address_in_use, "NET_002", unmapped, true},
      {"already_connected", asio_error::already_connected, "NET_002", unmapped, true},
      {"already_started", asio_error::already_started, "NET_002", unmapped, true},
      {"broken_pipe", asio_error::broken_pipe, "NET_002", unreachable, true},
      {"connection_aborted", asio_error::connection_aborted, "NET_002", unreachable, true},
      {"connection_refused", asio_error::connection_refused, "NET_002", unreachable, true, Executed::no},
      {"connection_reset", asio_error::connection_reset, "NET_002", unreachable, true},
      {"bad_descriptor", asio_error::bad_descriptor, "NET_002", unmapped, true},
      {"fault", asio_error::fault, "NET_002", unmapped, true},
      {"host_unreachable", asio_error::host_unreachable, "NET_005", unreachable, true},
      {"in_progress", asio_error::in_progress, "NET_002", unmapped, true},
      {"interrupted", asio_error::interrupted, "NET_002", unmapped, true},
      {"invalid_argument", asio_error::invalid_argument, "TOOL_001", fatal, false},
      {"message_size", asio_error::message_size, "NET_002", unmapped, true},
      {"name_too_long", asio_error::name_too_long, "NET_002", unmapped, true},
      {"network_down", asio_error::network_down, "NET_005", unreachable, true},
      {"network_reset", asio_error::network_reset, "NET_002", unreachable, true},
      {"network_unreachable", asio_error::network_unreachable, "NET_005", unreachable, true},
      {"no_descriptors", asio_error::no_descriptors, "SYS_002", unmapped, true},
      {"no_buffer_space", asio_error::no_buffer_space, "SYS_002", unmapped, true},
      {"no_memory", asio_error::no_memory, "SYS_002", unmapped, true},
      {"no_permission", asio_error::no_permission, "NET_002", unmapped, true},
      {"no_protocol_option", asio_error::no_protocol_option, "TOOL_001", fatal, false},
      {"no_such_device", asio_error::no_such_device, "NET_002", unmapped, true},
      {"not_connected", asio_error::not_connected, "NET_002", unreachable, true},
      {"not_socket", asio_error::not_socket, "NET_002", unmapped, true},
      {"operation_aborted", asio_error::operation_aborted, "PROTO_013", Kind::gateway_runtime_cancelled,
       false},
      {"operation_not_supported", asio_error::operation_not_supported, "NET_002", unmapped, true},
      {"shut_down", asio_error::shut_down, "NET_002", unreachable, true},
      {"timed_out", asio_error::timed_out, "NET_001", timeout, true},
      {"try_again", asio_error::try_again, "SYS_002", unmapped, true},
      {"would_block", asio_error::would_block, "SYS_002", unmapped, true},
      {"host_not_found", asio_error::host_not_found, "NET_004", unreachable, false, Executed::no},
      {"host_not_found_try_again", asio_error::host_not_found_try_again, "NET_004", unreachable, true,
       Executed::no},
      {"no_recovery", asio_error::no_recovery, "NET_004", unreachable, true, Executed::no},
      {"no_data", asio_error::no_data, "NET_004", unreachable, true, Executed::no},
      {"service_not_found", asio_error::service_not_found, "TOOL_001", fatal, false},
      {"socket_type_not_supported", asio_error::socket_type_not_supported, "TOOL_001", fatal, false},
      {"already_open", asio_error::already_open, "TOOL_001", fatal, false},
      {"eof", asio_error::eof, "NET_002", unreachable, true},
      {"not_found", asio_error::not_found, "NET_002", unmapped, true},
      {"fd_set_failure", asio_error::fd_set_failure, "NET_002", unmapped, true},
      {"stream_truncated", boost::asio::ssl::error::stream_truncated, "NET_002", unreachable, true},
      {"unspecified_system_error", boost::asio::ssl::error::unspecified_system_error, "NET_002", unreachable,
       true},
      {"unexpected_result", boost::asio::ssl::error::unexpected_result, "NET_002", unmapped, true},
      {"timeout", boost::beast::error::timeout, "NET_001", timeout, true},
      {"end_of_stream", http::error::end_of_stream, "NET_002", unreachable, true},
      {"partial_message", http::error::partial_message, "NET_002", unreachable, true},
      {"need_more", http::error::need_more, "NET_002", unmapped, true},
      {"unexpected_body", http::error::unexpected_body, "NET_006", unreachable, true},
      {"need_buffer", http::error::need_buffer, "NET_002", unmapped, true},
      {"end_of_chunk", http::error::end_of_chunk, "NET_002", unmapped, true},
      {"buffer_overflow", http::error::buffer_overflow, "LIMIT_006", unmapped, false},
      {"header_limit", http::error::header_limit, "LIMIT_006", unmapped, false},
      {"body_limit", http::error::body_limit, "LIMIT_006", unmapped, false},
      {"bad_alloc", http::error::bad_alloc, "SYS_002", unmapped, true},
      {"bad_line_ending", http::error::bad_line_ending, "NET_006", unreachable, true},
      {"bad_method", http::error::bad_method, "NET_006", unreachable, true},
      {"bad_target", http::error::bad_target, "NET_006", unreachable, true},
      {"bad_version", http::error::bad_version, "NET_006", unreachable, true},
      {"bad_status", http::error::bad_status, "NET_006", unreachable, true},
      {"bad_reason", http::error::bad_reason, "NET_006", unreachable, true},
      {"bad_field", http::error::bad_field, "NET_006", unreachable, true},
      {"bad_value", http::error::bad_value, "NET_006", unreachable, true},
      {"bad_content_length", http::error::bad_content_length, "NET_006", unreachable, true},
      {"bad_transfer_encoding", http::error::bad_transfer_encoding, "NET_006", unreachable, true},
      {"bad_chunk", http::error::bad_chunk, "NET_006", unreachable, true},
      {"bad_chunk_extension", http::error::bad_chunk_extension, "NET_006", unreachable, true},
      {"bad_obs_fold", http::error::bad_obs_fold, "NET_006", unreachable, true},
      {"multiple_content_length", http::error::multiple_content_length, "NET_006", unreachable, true},
      {"stale_parser", http::error::stale_parser, "NET_002", unmapped, true},
      {"short_read", http::error::short_read, "NET_002", unreachable, true},
  };
  return all;
}

ForeignCode foreign(const error_code& code) {
  return {.category = code.category().name(), .value = code.value()};
}

TEST(Transport, EveryEnumeratorHasItsVerdict) {
  for (const Row& row : rows()) {
    const Error error = from_error_code(foreign(row.code), {});
    EXPECT_EQ(wire_name(error.code()), row.expected) << row.name;
    EXPECT_EQ(error.kind(), row.kind) << row.name;
    EXPECT_EQ(error.can_retry(), row.can_retry) << row.name;
    EXPECT_EQ(error.executed(), row.executed) << row.name;
  }
}

TEST(Transport, NamesAndNumbersAreThoseOfTheLibraries) {
  std::map<std::string_view, ForeignCode> named;
  for (const NamedCode& each : transport_codes()) named.emplace(each.name, each.code);
  EXPECT_EQ(named.size(), transport_codes().size());
  for (const Row& row : rows()) {
    ASSERT_TRUE(named.contains(row.name)) << row.name;
    EXPECT_EQ(named[row.name].category, row.code.category().name()) << row.name;
    EXPECT_EQ(named[row.name].value, row.code.value()) << row.name;
    named.erase(row.name);
  }
  for (const auto& [name, code] : named) ADD_FAILURE() << name << " has no row";
}

TEST(Transport, KnowsEveryNumberOfTheHttpParser) {
  std::set<int> known;
  for (const NamedCode& each : transport_codes()) {
    if (each.code.category == "beast.http") known.insert(each.code.value);
  }
  for (int value = 1; value < 100; ++value) {
    const std::string message =
        error_code(value, boost::beast::http::make_error_code(http::error::bad_line_ending).category())
            .message();
    EXPECT_EQ(known.contains(value), message != "beast.http error") << value << ": " << message;
  }
}

TEST(Transport, ANameThatResolvedBeforeIsWorthAnotherTry) {
  const Error error = from_error_code({"asio.netdb", HOST_NOT_FOUND}, {.resolved_before = true});
  EXPECT_EQ(error.code(), Code::network_dns_error);
  EXPECT_TRUE(error.can_retry());
}

struct AddrinfoRow {
  int value;
  std::string_view expected;
  bool can_retry;
};

TEST(Transport, TakesResultsOfGetaddrinfo) {
  constexpr std::array all = std::to_array<AddrinfoRow>({
      {EAI_BADFLAGS, "TOOL_001", false},
      {EAI_NONAME, "NET_004", false},
      {EAI_AGAIN, "NET_004", true},
      {EAI_FAIL, "NET_004", true},
      {EAI_FAMILY, "TOOL_001", false},
      {EAI_SOCKTYPE, "TOOL_001", false},
      {EAI_SERVICE, "TOOL_001", false},
      {EAI_MEMORY, "SYS_002", true},
      {EAI_SYSTEM, "NET_004", true},
      {EAI_OVERFLOW, "TOOL_001", false},
  });
  for (const AddrinfoRow& row : all) {
    const Error error = from_error_code({"asio.addrinfo", row.value}, {});
    EXPECT_EQ(wire_name(error.code()), row.expected) << gai_strerror(row.value);
    EXPECT_EQ(error.can_retry(), row.can_retry) << gai_strerror(row.value);
  }
}

TEST(Transport, WhileSendingAMalformedMessageIsOurs) {
  for (const http::error code : {http::error::bad_method, http::error::bad_target, http::error::bad_field}) {
    const Error error = from_error_code(foreign(make_error_code(code)),
                                        {.operation = Operation::tool_call, .phase = Phase::send});
    EXPECT_EQ(error.code(), Code::tool_execution_failed);
    EXPECT_EQ(error.kind(), fatal);
    const Error configured =
        from_error_code(foreign(make_error_code(code)), {.phase = Phase::send, .from_config = true});
    EXPECT_EQ(configured.code(), Code::config_invalid);
  }
}

TEST(Transport, AnAbortedOperationIsWhatAbortedIt) {
  const ForeignCode aborted = foreign(make_error_code(boost::system::errc::operation_canceled));
  EXPECT_EQ(from_error_code(aborted, {.aborted_by = AbortedBy::client}).code(), Code::proto_cancelled);
  EXPECT_EQ(from_error_code(aborted, {.aborted_by = AbortedBy::deadline}).code(), Code::network_timeout);
  EXPECT_EQ(from_error_code(aborted, {.aborted_by = AbortedBy::limit}).code(), Code::limit_result_too_large);
}

TEST(Transport, TlsCodesGoToTheTlsTable) {
  constexpr int wrong_version = (20 << 23) | 267;
  EXPECT_EQ(from_error_code({"asio.ssl", wrong_version}, {}).code(), Code::network_ssl_error);
  constexpr int unexpected_eof = (20 << 23) | 294;
  EXPECT_EQ(from_error_code({"asio.ssl", unexpected_eof}, {}).code(), Code::network_connection_failed);
}

TEST(Transport, WhatNobodyForesawIsUnmapped) {
  const Error error = from_error_code({"someone.else", 7}, {.operation = Operation::tool_call});
  EXPECT_EQ(error.code(), Code::network_connection_failed);
  EXPECT_EQ(error.kind(), unmapped);
  EXPECT_TRUE(error.can_retry());
  EXPECT_EQ(error.executed(), Executed::maybe);
  EXPECT_EQ(std::get<std::string>(error.extras()[0].value), "unmapped");
  const Error inflate = from_error_code({"boost.beast.zlib", 3}, {});
  EXPECT_EQ(inflate.code(), Code::network_protocol_error);
  EXPECT_EQ(inflate.kind(), unmapped);
}

TEST(Transport, AnAddressThatTheKernelRefusesIsNowhere) {
  for (const auto code : {asio_error::invalid_argument, asio_error::address_family_not_supported}) {
    const Error error = from_error_code(foreign(code), {.phase = Phase::connect});
    EXPECT_EQ(error.code(), Code::network_unreachable);
    EXPECT_EQ(error.executed(), Executed::no);
  }
}

}  // namespace
}  // namespace sallyport::classify
