#include "protocol/rewrite.hpp"

#include "base/strings.hpp"
#include "json/splice.hpp"

#include <algorithm>
#include <array>

namespace sallyport::protocol {

namespace {

using json::Type;

constexpr std::string_view server_info_key = "io.modelcontextprotocol/serverInfo";
constexpr std::string_view degraded_key = "dev.sallyport/degraded";
constexpr std::size_t max_error_message = 1024;

json::Span shifted(json::Span span, std::uint32_t by) {
  return {span.begin - by, span.end - by};
}

// The same member in a text that starts `by` bytes later.
json::Member shifted(const json::Member& member, std::uint32_t by) {
  return {.key = shifted(member.key, by),
          .value = {.type = member.value.type, .span = shifted(member.value.span, by)},
          .bounds = shifted(member.bounds, by)};
}

// Members of _meta that only we may write.
bool is_reserved(std::string_view key_literal) {
  if (key_literal.find('\\') != std::string_view::npos) {
    const std::string key = json::unescape(key_literal);
    return key == "arcade" || key.starts_with("dev.sallyport/");
  }
  return key_literal == R"("arcade")" || key_literal.starts_with(R"("dev.sallyport/)");
}

// Collects the edits of one result.
class ResultEdit {
 public:
  ResultEdit(std::string_view bytes, const Message& response)
      : response_(response),
        offset_(response[Field::result].value.span.begin),
        text_(response.raw(Field::result, bytes)),
        splice_(text_) {}

  void towards_legacy(Method method, Revision client, std::string_view degraded) {
    for (const Field field : {Field::result_type, Field::ttl_ms, Field::cache_scope}) drop(field);
    const bool structured = client >= Revision::v2025_06_18;
    if (!structured || !response_.is(Field::structured_content, Type::object))
      drop(Field::structured_content);
    if (!structured) edit_blocks(method, client);
    edit_meta(Era::legacy, degraded);
  }

  void towards_modern(Method method, std::string_view degraded) {
    if (row(method).cacheable) edit_caching();
    if (!response_.is(Field::result_type, Type::string)) {
      drop(Field::result_type);
      append(root(), "resultType", R"("complete")");
    }
    edit_meta(Era::modern, degraded);
  }

  std::string_view finish(std::string& storage) const {
    if (!changed_) return text_;
    storage.clear();
    storage.reserve(text_.size() + new_meta_.size() + 256);
    splice_.append_to(storage);
    return storage;
  }

 private:
  json::Span root() const { return {0, static_cast<std::uint32_t>(text_.size())}; }

  void drop(Field field) {
    if (response_.has(field)) drop(shifted(response_[field], offset_));
  }
  void drop(const json::Member& member) {
    splice_.remove(member);
    changed_ = true;
  }
  void append(json::Span object, std::string_view key, std::string_view json) {
    splice_.append_member(object, key, json);
    changed_ = true;
  }

  // A result of somebody else's server is good for its caller only.
  void edit_caching() {
    const bool has_ttl =
        response_.is(Field::ttl_ms, Type::number) && json::as_int64(text_of(Field::ttl_ms)).value_or(-1) >= 0;
    if (!has_ttl) {
      drop(Field::ttl_ms);
      append(root(), "ttlMs", "0");
    }
    drop(Field::cache_scope);
    append(root(), "cacheScope", R"("private")");
  }

  // Content stands in result.content, and in the messages of a prompt, one block each.
  void edit_blocks(Method method, Revision client) {
    const bool prompt = method == Method::prompts_get;
    if (!prompt && method != Method::tools_call) return;
    const json::Value list = json::find_member(text_, root(), prompt ? "messages" : "content").value;
    if (!list.is(Type::array)) return;
    json::ElementCursor cursor(text_, list.span);
    while (const auto element = cursor.next()) {
      if (!element->is(Type::object)) continue;
      const json::Value block = prompt ? json::find_member(text_, element->span, "content").value : *element;
      if (block.is(Type::object)) edit_block(block.span, client);
    }
  }

  void edit_block(json::Span block, Revision client) {
    const std::string type = member_text(block, "type");
    std::string words;
    if (type == "resource_link") {
      words = member_text(block, "name") + ": " + member_text(block, "uri");
    } else if (type == "audio" && client < Revision::v2025_03_26) {
      words = "[audio, " + member_text(block, "mimeType") + ", which protocol revision " +
              std::string(name(client)) + " cannot carry]";
    } else {
      return;
    }
    std::string text = R"({"type":"text","text":)";
    json::append_quoted(text, words);
    text += '}';
    splice_.replace(block, text);
    changed_ = true;
  }

  std::string member_text(json::Span object, std::string_view key) const {
    const json::Value value = json::find_member(text_, object, key).value;
    return value.is(Type::string) ? json::unescape(value.of(text_)) : std::string();
  }
  std::string_view text_of(Field field) const {
    return shifted(response_[field].value.span, offset_).of(text_);
  }

  void edit_meta(Era era, std::string_view degraded) {
    if (!response_.is(Field::result_meta, Type::object)) {
      drop(Field::result_meta);
      add_meta(era, degraded);
      return;
    }
    const json::Span meta = shifted(response_[Field::result_meta].value.span, offset_);
    if (era == Era::modern && says_only_who_it_is(meta)) {
      append_result_meta(new_meta_, era, degraded);
      splice_.replace(meta, new_meta_);
      changed_ = true;
      return;
    }
    json::MemberCursor members(text_, meta);
    while (const auto member = members.next())
      if (is_reserved(member->key.of(text_))) drop(*member);
    drop(Field::result_server_info);
    if (era == Era::modern) append(meta, server_info_key, implementation());
    if (!degraded.empty()) append(meta, degraded_key, degraded);
  }

  // As the `_meta` of most servers does.
  bool says_only_who_it_is(json::Span meta) const {
    const json::Span info = shifted(response_[Field::result_server_info].bounds, offset_);
    return response_.has(Field::result_server_info) && info == json::Span{meta.begin, meta.end - 1};
  }

  // The splice keeps views: new_meta_ outlives it.
  void add_meta(Era era, std::string_view degraded) {
    append_result_meta(new_meta_, era, degraded);
    if (!new_meta_.empty()) append(root(), "_meta", new_meta_);
  }

  const Message& response_;
  std::uint32_t offset_;
  std::string_view text_;
  json::Splice splice_;
  std::string new_meta_;
  bool changed_ = false;
};

}  // namespace

std::string_view rewrite_result(std::string_view bytes, const Message& response, Method method,
                                Revision client, std::string& storage, std::string_view degraded) {
  ResultEdit edit(bytes, response);
  if (era(client) == Era::legacy) {
    edit.towards_legacy(method, client, degraded);
  } else {
    edit.towards_modern(method, degraded);
  }
  return edit.finish(storage);
}

std::string rewrite_progress(std::string_view bytes, const Message& notification, std::string_view token,
                             std::string_view meta) {
  json::Splice splice(bytes);
  splice.replace(notification[Field::notified_token].value.span, token);
  const bool had = notification.has(Field::meta);
  if (had && meta.empty()) splice.remove(notification[Field::meta]);
  if (had && !meta.empty()) splice.replace(notification[Field::meta].value.span, meta);
  if (!had && !meta.empty()) splice.append_member(notification[Field::params].value.span, "_meta", meta);
  return splice.to_string();
}

std::string rewrite_log(std::string_view bytes, const Message& notification, std::string_view meta) {
  std::string out = R"({"jsonrpc":"2.0","method":"notifications/message","params":{)";
  bool first = true;
  for (const std::string_view key : {"level", "logger", "data"}) {
    const json::Value value = json::find_member(bytes, notification[Field::params].value.span, key).value;
    if (!value) continue;
    if (!std::exchange(first, false)) out += ',';
    json::append_quoted(out, key);
    out += ':';
    out += value.of(bytes);
  }
  if (!meta.empty()) out.append(first ? "" : ",").append(R"("_meta":)").append(meta);
  out += "}}";
  return out;
}

std::optional<LogLevel> message_level(const Message& message, std::string_view bytes) {
  if (!message.is(Field::params, Type::object)) return std::nullopt;
  const json::Value level = json::find_member(bytes, message[Field::params].value.span, "level").value;
  if (!level.is(Type::string)) return std::nullopt;
  return parse_log_level(json::unescape(level.of(bytes)));
}

ResultClass classify_result(const Message& response, std::string_view bytes) {
  if (!response.has(Field::result_type)) return ResultClass::complete;
  if (response.raw(Field::result_type, bytes) == R"("complete")") return ResultClass::complete;
  std::string scratch;
  const auto word = response.text(Field::result_type, bytes, scratch);
  if (word == "complete") return ResultClass::complete;
  if (word == "input_required") return ResultClass::input_required;
  return word == "task" ? ResultClass::task : ResultClass::other;
}

// ---- Errors of an upstream.

namespace {

constexpr int invalid_params = -32602;
constexpr int resource_not_found = -32002;

bool is_defined_in(int code, Revision client) {
  constexpr std::array standard{-32700, -32600, -32601, -32602, -32603};
  if (std::ranges::find(standard, code) != standard.end()) return true;
  if (era(client) == Era::modern) return code >= -32022 && code <= -32020;
  return code == -32002 || (code == -32042 && client == Revision::v2025_11_25);
}

int code_for(int code, Revision client) {
  constexpr int internal_error = -32603;
  if (code == resource_not_found && era(client) == Era::modern) return invalid_params;
  const bool application_defined = code != 0 && (code < -32768 || code > -32000);
  return application_defined || is_defined_in(code, client) ? code : internal_error;
}

// So says a modern server that it has no such resource.
bool names_resource(std::string_view bytes, const Message& response, int code) {
  const json::Value data = response[Field::error_data].value;
  return code == invalid_params && data.is(Type::object) &&
         json::find_member(bytes, data.span, "uri").value.is(Type::string);
}

// Without C0, DEL and C1; clipped.
std::string plain_message(std::string_view text) {
  text = clip(text, max_error_message);
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    char32_t c = 0;
    const std::size_t length = std::max<std::size_t>(decode_utf8(text, c), 1);
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    plain += control ? std::string_view(" ") : text.substr(0, length);
    text.remove_prefix(length);
  }
  return plain;
}

std::span<const std::string_view> spec_members(int code) {
  static constexpr std::array<std::string_view, 1> capability{"requiredCapabilities"};
  static constexpr std::array<std::string_view, 2> version{"supported", "requested"};
  static constexpr std::array<std::string_view, 1> elicitation{"elicitations"};
  static constexpr std::array<std::string_view, 1> resource{"uri"};
  switch (code) {
    case -32021:
      return capability;
    case -32022:
      return version;
    case -32042:
      return elicitation;
    case -32002:
    case -32602:
      return resource;
    default:
      return {};
  }
}

void append_spec_data(std::string& out, std::string_view bytes, const json::Value& data, int code) {
  if (!data.is(Type::object)) return;
  std::string members;
  for (const std::string_view key : spec_members(code)) {
    const json::Member member = json::find_member(bytes, data.span, key);
    if (!member) continue;
    members += members.empty() ? R"(,"data":{)" : ",";
    json::append_quoted(members, key);
    members += ':';
    members += member.value.of(bytes);
  }
  if (members.empty()) return;
  out += members;
  out += '}';
}

}  // namespace

std::string rewrite_error(std::string_view bytes, const Message& response, Method method, std::string_view id,
                          Revision client) {
  int code = code_for(response.error_code(bytes), client);
  if (method == Method::resources_read && era(client) == Era::legacy && names_resource(bytes, response, code))
    code = resource_not_found;
  std::string scratch;
  const auto message = response.text(Field::error_message, bytes, scratch);
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"error":{"code":)";
  out += std::to_string(code);
  out += R"(,"message":)";
  json::append_quoted(out, plain_message(message.value_or(std::string_view())));
  append_spec_data(out, bytes, response[Field::error_data].value, code);
  out += "}}";
  return out;
}

int forwarded_status(std::string_view bytes, const Message& response, Revision client) {
  constexpr int missing_capability = -32021;
  const bool refused = response.kind() == MessageKind::error_response && era(client) == Era::modern &&
                       response.error_code(bytes) == missing_capability;
  return refused ? 400 : 200;
}

}  // namespace sallyport::protocol
