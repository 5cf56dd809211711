#include "protocol/edge.hpp"

#include "base/strings.hpp"
#include "errors/text.hpp"
#include "json/scanner.hpp"
#include "protocol/mcp_headers.hpp"

#include <array>
#include <string>
#include <utility>

namespace sallyport::protocol {

namespace {

using json::Type;
using Verdict = std::expected<Edge, EdgeRefusal>;

constexpr int bad_request = 400;
constexpr int not_found = 404;
constexpr std::size_t max_echoed_version = 64;

std::unexpected<EdgeRefusal> refuse(Error error, Revision revision, int status = bad_request) {
  error.with_executed(Executed::no);
  return std::unexpected(EdgeRefusal{.error = std::move(error), .revision = revision, .http_status = status});
}

std::unexpected<EdgeRefusal> mismatch(std::string_view header) {
  return refuse(Error(Code::proto_header_mismatch).with_slot(Slot::pointer, header), latest_modern);
}

std::unexpected<EdgeRefusal> bad_envelope(std::string_view member, std::string_view what) {
  return refuse(
      Error(Code::proto_invalid_params).with_slot(Slot::pointer, member).with_slot(Slot::constraint, what),
      latest_modern);
}

std::string unsupported_data(std::string_view requested) {
  std::string data = R"({"supported":)";
  data += supported_revisions_json;
  data += R"(,"requested":)";
  json::append_quoted(data, clip(requested, max_echoed_version));
  data += '}';
  return data;
}

Error unsupported_version(std::string_view requested) {
  return Error(Code::proto_unsupported_version)
      .with_slot(Slot::version, name(latest_modern))
      .with_spec_data(unsupported_data(requested));
}

// To a legacy client, whose revisions define no `data.requested`: what it sent is not repeated.
Error unsupported_header() {
  return Error(Code::proto_unsupported_version)
      .with_slot(Slot::version, name(latest_modern))
      .with_spec_data(R"({"supported":)" + std::string(supported_revisions_json) + "}");
}

// One message on its way up the ladder.
class Ladder {
 public:
  Ladder(const Message& message, std::string_view bytes, const EdgeHeaders* headers)
      : message_(message), bytes_(bytes), headers_(headers) {
    if (headers_ == nullptr || !headers_->protocol_version) return;
    header_version_ = trim(*headers_->protocol_version);
  }

  Verdict climb(std::optional<Revision> legacy_connection) {
    if (message_.method() == Method::initialize && !has_valid_modern_envelope()) return initialize();
    if (message_.has(Field::meta_version)) return claimed();
    return unclaimed(legacy_connection);
  }

 private:
  Verdict initialize() {
    if (header_names_modern()) return mismatch("MCP-Protocol-Version");
    std::string scratch;
    const auto requested = message_.text(Field::protocol_version, bytes_, scratch);
    return Edge{negotiate(requested.value_or(std::string_view()))};
  }

  Verdict claimed() {
    std::string scratch;
    const auto claim = message_.text(Field::meta_version, bytes_, scratch);
    if (!claim)
      return bad_envelope("params._meta.io.modelcontextprotocol/protocolVersion", "must be a string");
    if (message_.is_request())
      if (auto envelope = check_envelope(); !envelope) return envelope;
    if (header_version_ && *header_version_ != *claim) return mismatch("MCP-Protocol-Version");
    const auto revision = parse_revision(*claim);
    if (revision && protocol::era(*revision) == Era::legacy) return Edge{*revision};
    if (!method_header_agrees()) return mismatch("Mcp-Method");
    if (!revision) return refuse(unsupported_version(*claim), latest_modern);
    return message_.is_request() ? modern_request(*revision) : Edge{*revision};
  }

  Verdict unclaimed(std::optional<Revision> legacy_connection) {
    if (header_names_modern()) return modern_header();
    if (header_version_ && !parse_revision(*header_version_))
      return refuse(unsupported_header(), legacy_connection.value_or(latest_legacy));
    if (legacy_connection) return Edge{*legacy_connection};
    return Edge{header_version_ ? *parse_revision(*header_version_) : assumed_legacy};
  }

  // The header says modern, the body claims nothing.
  Verdict modern_header() {
    if (message_.is_request())
      return bad_envelope("params._meta.io.modelcontextprotocol/protocolVersion", "is required");
    if (message_.is_response())
      return refuse(Error(Code::proto_invalid_request)
                        .with_slot(Slot::constraint, "a client of this revision sends no responses"),
                    latest_modern);
    const auto revision = parse_revision(*header_version_);
    if (!revision) return refuse(unsupported_version(*header_version_), latest_modern);
    if (!method_header_agrees()) return mismatch("Mcp-Method");
    return Edge{*revision};
  }

  Verdict check_envelope() const {
    struct Rule {
      Field field;
      Type type;
      bool required;
      std::string_view member;
    };
    static constexpr std::array rules{
        Rule{Field::meta_capabilities, Type::object, true,
             "params._meta.io.modelcontextprotocol/clientCapabilities"},
        Rule{Field::meta_client_info, Type::object, false, "params._meta.io.modelcontextprotocol/clientInfo"},
        Rule{Field::meta_log_level, Type::string, false, "params._meta.io.modelcontextprotocol/logLevel"},
    };
    for (const Rule& rule : rules) {
      if (message_.is(rule.field, rule.type)) continue;
      if (message_.has(rule.field))
        return bad_envelope(rule.member,
                            rule.type == Type::object ? "must be an object" : "must be a string");
      if (rule.required) return bad_envelope(rule.member, "is required");
    }
    return Edge{latest_modern};
  }

  bool has_valid_modern_envelope() const {
    std::string scratch;
    const auto claim = message_.text(Field::meta_version, bytes_, scratch);
    return claim && names_modern_era(*claim) && check_envelope().has_value();
  }

  Verdict modern_request(Revision revision) {
    if (headers_ != nullptr) {
      if (!header_version_) return mismatch("MCP-Protocol-Version");
      if (!headers_->method) return mismatch("Mcp-Method");
      if (!name_header_agrees()) return mismatch("Mcp-Name");
    }
    if (auto answered = check_served(message_.method(), revision); !answered)
      return refuse(std::move(answered).error(), revision, not_found);
    return Edge{revision};
  }

  bool header_names_modern() const { return header_version_ && names_modern_era(*header_version_); }

  bool method_header_agrees() const {
    if (headers_ == nullptr || !headers_->method) return true;
    std::string scratch;
    return trim(*headers_->method) == message_.text(Field::method, bytes_, scratch);
  }

  // A name that the body lacks, or that is no string, is for check_params() to complain about.
  bool name_header_agrees() const {
    const auto field = name_field();
    if (!field) return true;
    std::string scratch;
    const auto wanted = message_.text(*field, bytes_, scratch);
    if (!headers_->name) return !wanted;
    const auto given = decode_header_value(*headers_->name);
    return given && (!wanted || *given == *wanted);
  }

  std::optional<Field> name_field() const {
    switch (row(message_.method()).name_source) {
      case NameSource::none:
        return std::nullopt;
      case NameSource::name:
        return Field::name;
      case NameSource::uri:
        return Field::uri;
      case NameSource::task_id:
        return Field::task_id;
    }
    return std::nullopt;
  }

  const Message& message_;
  std::string_view bytes_;
  const EdgeHeaders* headers_;  // null: a transport without headers
  std::optional<std::string_view> header_version_;
};

}  // namespace

std::expected<Edge, EdgeRefusal> classify_http(const Message& message, std::string_view bytes,
                                               const EdgeHeaders& headers) {
  return Ladder(message, bytes, &headers).climb(headers.session);
}

std::expected<Edge, EdgeRefusal> classify_stdio(const Message& message, std::string_view bytes,
                                                std::optional<Revision> connection) {
  return Ladder(message, bytes, nullptr).climb(connection);
}

Result<> check_served(Method method, Revision revision) {
  if (served(method, revision)) return {};
  // The name of a method that is not in our table is a stranger's text: it has no slot.
  return fail(
      Error(Code::proto_method_not_found).with_executed(Executed::no).with_slot(Slot::method, name(method)));
}

// ---- HTTP status.

namespace {

constexpr int ok = 200;
constexpr int service_unavailable = 503;

int edge_status(const CatalogRow& shown, Era era) {
  if (shown.code == Code::proto_method_not_found) return era == Era::modern ? shown.http_status : ok;
  if (shown.code == Code::proto_invalid_params) return bad_request;
  // A limit that is met before the request was let in leaves nothing to answer in-band.
  if (shown.family == Family::limit && shown.http_status == ok) return service_unavailable;
  return shown.http_status;
}

// A request that was let in: in-band, but for what the spec gives a status of its own, and for the two
// methods that the gateway itself answers.
int call_status(const CatalogRow& shown, Era era, Method method) {
  switch (shown.code) {
    case Code::proto_header_mismatch:
    case Code::proto_missing_client_capability:
    case Code::proto_unsupported_version:
    case Code::proto_method_not_found:
      return era == Era::modern ? shown.http_status : ok;
    default:
      break;
  }
  const bool refused = shown.family == Family::limit || shown.family == Family::auth;
  const bool by_gateway = method == Method::initialize || method == Method::server_discover;
  return refused && by_gateway ? edge_status(shown, era) : ok;
}

}  // namespace

int http_status(const Error& error, Era era, Stage stage, Method method) {
  const CatalogRow& shown = shown_row(error);
  return stage == Stage::edge ? edge_status(shown, era) : call_status(shown, era, method);
}

}  // namespace sallyport::protocol
