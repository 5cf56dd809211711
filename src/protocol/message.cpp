#include "protocol/message.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace sallyport::protocol {

namespace {

using json::Type;
using enum Field;

// In the order of Field: the n-th path fills the n-th slot.
constexpr std::initializer_list<std::string_view> paths = {
    "/jsonrpc",
    "/id",
    "/method",
    "/params",
    "/params/name",
    "/params/uri",
    "/params/taskId",
    "/params/arguments",
    "/params/task",
    "/params/cursor",
    "/params/requestId",
    "/params/requestState",
    "/params/inputResponses",
    "/params/notifications",
    "/params/protocolVersion",
    "/params/capabilities",
    "/params/clientInfo",
    "/params/progressToken",
    "/params/_meta",
    "/params/_meta/progressToken",
    "/params/_meta/traceparent",
    "/params/_meta/dev.sallyport~1hops",
    "/params/_meta/io.modelcontextprotocol~1protocolVersion",
    "/params/_meta/io.modelcontextprotocol~1clientInfo",
    "/params/_meta/io.modelcontextprotocol~1clientCapabilities",
    "/params/_meta/io.modelcontextprotocol~1logLevel",
    "/params/_meta/io.modelcontextprotocol~1subscriptionId",
    "/result",
    "/result/isError",
    "/result/resultType",
    "/result/ttlMs",
    "/result/cacheScope",
    "/result/content",
    "/result/structuredContent",
    "/result/nextCursor",
    "/result/tools",
    "/result/protocolVersion",
    "/result/capabilities",
    "/result/capabilities/tools",
    "/result/capabilities/tools/listChanged",
    "/result/supportedVersions",
    "/result/instructions",
    "/result/serverInfo",
    "/result/_meta",
    "/result/_meta/io.modelcontextprotocol~1serverInfo",
    "/error",
    "/error/code",
    "/error/message",
    "/error/data",
    "/error/data/supported",
};
static_assert(paths.size() == field_count);

const json::Query& query() {
  static const json::Query compiled(paths);
  return compiled;
}

bool is_integer_literal(std::string_view number) {
  return std::ranges::none_of(number, [](char c) { return c == '.' || c == 'e' || c == 'E'; });
}

// A JSON string or integer: what an id, a progress token and a requestId may be.
bool is_token(const json::Value& value, std::string_view bytes) {
  return value.is(Type::string) || (value.is(Type::number) && is_integer_literal(value.of(bytes)));
}

bool is_plain_literal(std::string_view literal) {
  return literal.find('\\') == std::string_view::npos;
}

std::string_view inside_quotes(std::string_view literal) {
  return literal.substr(1, literal.size() - 2);
}

BadMessage bad_json(const json::Fault& fault, const json::Limits& limits) {
  using enum json::FaultKind;
  const bool size = fault.kind == too_large || fault.kind == string_too_long;
  const bool over = size || fault.kind == depth || fault.kind == keys;
  Error error(size ? Code::limit_request_too_large : Code::proto_parse_error);
  error.with_executed(Executed::no).with_slot(Slot::constraint, json::describe(fault.kind));
  error.with_extra("offset", static_cast<std::int64_t>(fault.offset));
  if (size) {
    const std::size_t limit = fault.kind == too_large ? limits.max_bytes : limits.max_string;
    error.with_slot(Slot::limit, static_cast<std::int64_t>(limit));
  }
  return {
      .error = std::move(error), .flaw = over ? Flaw::over_limit : Flaw::not_json, .fault = fault, .id = {}};
}

BadMessage bad_shape(std::string_view what, std::string_view id = {}, Flaw flaw = Flaw::not_jsonrpc) {
  Error error(Code::proto_invalid_request);
  error.with_executed(Executed::no).with_slot(Slot::constraint, what);
  return {.error = std::move(error), .flaw = flaw, .fault = std::nullopt, .id = std::string(id)};
}

}  // namespace

// Fills a Message where it stands (it is large: no copies on the hot path). Each step says why it refuses, if
// it does.
class MessageParser {
 public:
  MessageParser(std::string_view bytes, Message& message) : bytes_(bytes), message_(message) {}

  std::optional<BadMessage> parse(const json::Limits& limits) {
    const auto document = json::scan(bytes_, query(), message_.fields_, limits);
    if (!document) return bad_json(document.error(), limits);
    if (document->root.is(Type::array)) return bad_shape("a batch is not allowed here", {}, Flaw::batch);
    if (!document->root.is(Type::object)) return refuse("a message must be an object");
    message_.line_breaks_ = document->line_breaks;

    if (message_.has(id) && !keep_id())
      return refuse("id must be a string or an integer of at most 256 bytes");
    const std::string_view version = message_.raw(jsonrpc, bytes_);
    if (version != R"("2.0")" &&
        !(message_.is(jsonrpc, Type::string) && json::equals_unescaped(version, "2.0")))
      return refuse("jsonrpc must be \"2.0\"");
    return message_.has(Field::method) ? parse_call() : parse_response();
  }

 private:
  BadMessage refuse(std::string_view what) const { return bad_shape(what, id_); }

  // False for an id of a wrong type. An id that is null is left to the shape that it belongs to.
  bool keep_id() {
    const json::Value& value = message_[id].value;
    if (value.is(Type::null)) return true;
    if (!is_token(value, bytes_) || value.span.size() > max_id_bytes) return false;
    id_ = value.of(bytes_);
    return true;
  }

  std::optional<BadMessage> parse_call() {
    if (!message_.is(Field::method, Type::string)) return refuse("method must be a string");
    if (message_.has(result) || message_.has(error))
      return refuse("a message cannot be both a request and a response");
    if (message_.is(id, Type::null)) return refuse("the id of a request must not be null");
    if (message_.has(params) && !message_.is(params, Type::object)) return refuse("params must be an object");
    message_.kind_ = message_.has(id) ? MessageKind::request : MessageKind::notification;

    const std::string_view literal = message_.raw(Field::method, bytes_);
    message_.method_ = is_plain_literal(literal) ? find_method(inside_quotes(literal))
                                                 : find_method(json::unescape(literal));
    return std::nullopt;
  }

  std::optional<BadMessage> parse_response() {
    if (message_.has(result) == message_.has(error))
      return refuse("a message must have exactly one of method, result and error");
    if (message_.has(result)) {
      if (id_.empty()) return refuse("a result must have an id");
      if (!message_.is(result, Type::object)) return refuse("result must be an object");
      message_.kind_ = MessageKind::result_response;
      return std::nullopt;
    }
    if (!message_.is(error, Type::object)) return refuse("error must be an object");
    if (!message_.is(error_code, Type::number) || !is_integer_literal(message_.raw(error_code, bytes_)))
      return refuse("error.code must be an integer");
    if (!message_.is(error_message, Type::string)) return refuse("error.message must be a string");
    if (message_.is(id, Type::null)) message_.fields_.forget(static_cast<std::size_t>(id));
    message_.kind_ = MessageKind::error_response;
    return std::nullopt;
  }

  std::string_view bytes_;
  std::string_view id_;
  Message& message_;
};

std::optional<std::string_view> Message::text(Field field, std::string_view bytes,
                                              std::string& scratch) const {
  if (!is(field, Type::string)) return std::nullopt;
  const std::string_view literal = raw(field, bytes);
  if (is_plain_literal(literal)) return inside_quotes(literal);
  scratch = json::unescape(literal);
  return scratch;
}

std::string Message::method_name(std::string_view bytes) const {
  std::string scratch;
  const auto name = text(Field::method, bytes, scratch);
  return std::string(name.value_or(std::string_view()));
}

int Message::error_code(std::string_view bytes) const {
  const auto code = json::as_int64(raw(Field::error_code, bytes));
  if (!code || *code < std::numeric_limits<int>::min() || *code > std::numeric_limits<int>::max()) return 0;
  return static_cast<int>(*code);
}

std::expected<Message, BadMessage> parse_message(std::string_view bytes, const json::Limits& limits) {
  std::expected<Message, BadMessage> parsed(std::in_place);
  if (auto bad = MessageParser(bytes, *parsed).parse(limits)) parsed = std::unexpected(std::move(*bad));
  return parsed;
}

std::optional<BadMessage> parse_message_into(Message& message, std::string_view bytes,
                                             const json::Limits& limits) {
  return MessageParser(bytes, message).parse(limits);
}

std::expected<std::vector<json::Span>, BadMessage> parse_batch(std::string_view bytes,
                                                               const json::Limits& limits) {
  const auto document = json::scan(bytes, limits);
  if (!document) return std::unexpected(bad_json(document.error(), limits));
  if (!document->root.is(Type::array)) return std::unexpected(bad_shape("a batch must be an array"));
  const auto elements = json::elements_of(bytes, document->root.span, max_batch + 1);
  if (elements.empty() || elements.size() > max_batch)
    return std::unexpected(bad_shape("a batch must have 1 to 50 messages"));
  std::vector<json::Span> spans;
  spans.reserve(elements.size());
  std::ranges::transform(elements, std::back_inserter(spans), &json::Value::span);
  return spans;
}

// ---- Parameters.

namespace {

enum class Expected : std::uint8_t { string, object, boolean, token };

struct ParamRule {
  Field field;
  std::string_view path;
  Expected type;
  bool required;
};

bool matches(const json::Value& value, std::string_view bytes, Expected expected) {
  switch (expected) {
    case Expected::string:
      return value.is(Type::string);
    case Expected::object:
      return value.is(Type::object);
    case Expected::boolean:
      return value.is(Type::true_value) || value.is(Type::false_value);
    case Expected::token:
      return is_token(value, bytes);
  }
  return false;
}

std::string_view phrase(Expected expected) {
  switch (expected) {
    case Expected::string:
      return "must be a string";
    case Expected::object:
      return "must be an object";
    case Expected::boolean:
      return "must be true or false";
    case Expected::token:
      return "must be a string or an integer";
  }
  return {};
}

Result<> check(const Message& message, std::string_view bytes, std::span<const ParamRule> rules) {
  for (const ParamRule& rule : rules) {
    const json::Member& member = message[rule.field];
    if (member ? matches(member.value, bytes, rule.type) : !rule.required) continue;
    return fail(Error(Code::proto_invalid_params)
                    .with_executed(Executed::no)
                    .with_slot(Slot::method, protocol::name(message.method()))
                    .with_slot(Slot::pointer, rule.path)
                    .with_slot(Slot::constraint, phrase(rule.type)));
  }
  return {};
}

constexpr std::array any_rules{
    ParamRule{meta, "params._meta", Expected::object, false},
    ParamRule{progress_token, "params._meta.progressToken", Expected::token, false},
};
constexpr std::array list_rules{ParamRule{cursor, "params.cursor", Expected::string, false}};
constexpr std::array call_rules{
    ParamRule{Field::name, "params.name", Expected::string, true},
    ParamRule{arguments, "params.arguments", Expected::object, false},
    ParamRule{request_state, "params.requestState", Expected::string, false},
    ParamRule{input_responses, "params.inputResponses", Expected::object, false},
};
constexpr std::array read_rules{
    ParamRule{uri, "params.uri", Expected::string, true},
    ParamRule{request_state, "params.requestState", Expected::string, false},
    ParamRule{input_responses, "params.inputResponses", Expected::object, false},
};
constexpr std::array initialize_rules{
    ParamRule{protocol_version, "params.protocolVersion", Expected::string, true},
    ParamRule{capabilities, "params.capabilities", Expected::object, true},
    ParamRule{client_info, "params.clientInfo", Expected::object, true},
};
constexpr std::array listen_rules{
    ParamRule{notifications, "params.notifications", Expected::object, true},
};
constexpr std::array task_rules{ParamRule{task_id, "params.taskId", Expected::string, true}};
constexpr std::array update_rules{
    ParamRule{task_id, "params.taskId", Expected::string, true},
    ParamRule{input_responses, "params.inputResponses", Expected::object, true},
};
constexpr std::array cancelled_rules{ParamRule{request_id, "params.requestId", Expected::token, true}};
constexpr std::array progress_rules{ParamRule{notified_token, "params.progressToken", Expected::token, true}};

std::span<const ParamRule> rules_of(Method method) {
  switch (method) {
    case Method::initialize:
      return initialize_rules;
    case Method::tools_list:
    case Method::prompts_list:
    case Method::resources_list:
    case Method::resources_templates_list:
    case Method::tasks_list:
      return list_rules;
    case Method::tools_call:
    case Method::prompts_get:
      return call_rules;
    case Method::resources_read:
    case Method::resources_subscribe:
    case Method::resources_unsubscribe:
      return read_rules;
    case Method::subscriptions_listen:
      return listen_rules;
    case Method::tasks_get:
    case Method::tasks_result:
    case Method::tasks_cancel:
      return task_rules;
    case Method::tasks_update:
      return update_rules;
    case Method::notifications_cancelled:
      return cancelled_rules;
    case Method::notifications_progress:
      return progress_rules;
    default:
      return {};
  }
}

constexpr std::string_view subscriptions_filter = "resourceSubscriptions";

json::Value filter(const Message& message, std::string_view bytes, std::string_view name) {
  if (!message.is(notifications, Type::object)) return {};
  return json::find_member(bytes, message[notifications].value.span, name).value;
}

std::unexpected<Error> bad_filter(const Message& message, std::string_view name,
                                  std::string_view constraint) {
  return fail(Error(Code::proto_invalid_params)
                  .with_executed(Executed::no)
                  .with_slot(Slot::method, protocol::name(message.method()))
                  .with_slot(Slot::pointer, "params.notifications." + std::string(name))
                  .with_slot(Slot::constraint, constraint));
}

bool strings(const json::Value& value, std::string_view bytes) {
  if (!value.is(Type::array)) return false;
  json::ElementCursor elements(bytes, value.span);
  while (const auto element = elements.next())
    if (!element->is(Type::string)) return false;
  return true;
}

Result<> check_filters(const Message& message, std::string_view bytes) {
  for (const TopicRow& each : topic_rows) {
    const json::Value value = filter(message, bytes, each.filter);
    if (value && !matches(value, bytes, Expected::boolean))
      return bad_filter(message, each.filter, phrase(Expected::boolean));
  }
  for (const std::string_view name : {subscriptions_filter, std::string_view("taskIds")}) {
    const json::Value value = filter(message, bytes, name);
    if (value && !strings(value, bytes)) return bad_filter(message, name, "must be an array of strings");
  }
  return {};
}

}  // namespace

Result<> check_params(const Message& message, std::string_view bytes) {
  TRY(check(message, bytes, any_rules));
  TRY(check(message, bytes, rules_of(message.method())));
  if (message.method() == Method::subscriptions_listen) return check_filters(message, bytes);
  return {};
}

std::vector<std::string> listen_uris(const Message& message, std::string_view bytes) {
  std::vector<std::string> uris;
  const json::Value asked = filter(message, bytes, subscriptions_filter);
  if (!asked.is(Type::array)) return uris;
  json::ElementCursor elements(bytes, asked.span);
  while (const auto element = elements.next()) uris.push_back(json::unescape(element->of(bytes)));
  std::ranges::sort(uris);
  uris.erase(std::ranges::unique(uris).begin(), uris.end());
  return uris;
}

Topics listen_topics(const Message& message, std::string_view bytes) {
  Topics topics;
  for (const TopicRow& each : topic_rows)
    if (filter(message, bytes, each.filter).is(Type::true_value)) topics.add(each.topic);
  return topics;
}

}  // namespace sallyport::protocol
