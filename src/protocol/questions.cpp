#include "protocol/questions.hpp"

#include "base/ids.hpp"
#include "json/splice.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace sallyport::protocol {
namespace {

using json::Type;

json::Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

json::Value member(std::string_view object, std::string_view key) {
  if (object.empty()) return {};
  return json::find_member(object, whole(object), key).value;
}

bool opens_page(const Question& question) {
  const json::Value mode = member(question.params, "mode");
  return question.method == Method::elicitation_create && mode.is(Type::string) &&
         json::equals_unescaped(mode.of(question.params), "url");
}

bool asks(const Question& question) {
  if (question.method == Method::roots_list) return true;
  const bool other =
      question.method == Method::sampling_create_message || question.method == Method::elicitation_create;
  return other && !question.params.empty();
}

std::optional<Question> read_question(std::string_view bytes, const json::Member& entry) {
  if (!entry.value.is(Type::object)) return std::nullopt;
  const json::Value method = json::find_member(bytes, entry.value.span, "method").value;
  const json::Value params = json::find_member(bytes, entry.value.span, "params").value;
  if (!method.is(Type::string) || (params && !params.is(Type::object))) return std::nullopt;
  const Question question{entry.key.of(bytes), find_method(json::unescape(method.of(bytes))),
                          params ? params.of(bytes) : std::string_view()};
  return asks(question) ? std::optional(question) : std::nullopt;
}

bool is_one_of(std::string_view text, const json::Value& value,
               std::initializer_list<std::string_view> words) {
  return value.is(Type::string) && std::ranges::any_of(words, [&](std::string_view word) {
           return json::equals_unescaped(value.of(text), word);
         });
}

Error cannot(std::string_view constraint) {
  return Error(Code::proto_cannot_bridge)
      .with_executed(Executed::maybe)
      .with_can_retry(false)
      .with_slot(Slot::constraint, constraint);
}

// Up to 2025-06-18 the fields of a form are texts, numbers, booleans and choices of one.
bool is_plain_form(std::string_view params) {
  const json::Value schema = member(params, "requestedSchema");
  if (!schema.is(Type::object)) return false;
  const json::Value properties = json::find_member(params, schema.span, "properties").value;
  if (!properties.is(Type::object)) return true;
  json::MemberCursor fields(params, properties.span);
  while (const auto field = fields.next()) {
    if (!field->value.is(Type::object)) return false;
    for (const std::string_view key : {"oneOf", "anyOf", "items", "properties"})
      if (json::find_member(params, field->value.span, key)) return false;
  }
  return true;
}

}  // namespace

std::optional<InputRequired> read_input_required(const Message& response, std::string_view bytes) {
  InputRequired input;
  const json::Span result = response[Field::result].value.span;
  const json::Value asked = json::find_member(bytes, result, "inputRequests").value;
  const json::Value state = json::find_member(bytes, result, "requestState").value;
  if ((asked && !asked.is(Type::object)) || (state && !state.is(Type::string)) || (!asked && !state))
    return std::nullopt;
  if (state) input.state = state.of(bytes);
  if (input.state.size() > max_server_state) return std::nullopt;
  if (!asked) return input;
  json::MemberCursor entries(bytes, asked.span);
  while (const auto entry = entries.next()) {
    const auto question = read_question(bytes, *entry);
    if (!question || input.questions.size() == max_questions) return std::nullopt;
    input.questions.push_back(*question);
  }
  return input;
}

std::optional<InputRequired> read_pages_to_open(const Message& response, std::string_view bytes) {
  constexpr int url_elicitation_required = -32042;
  static constexpr auto keys = [] {
    std::array<std::array<char, 5>, max_questions> made{};
    for (std::size_t i = 0; i < made.size(); ++i)
      made[i] = {'"', 'p', static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10), '"'};
    return made;
  }();
  if (response.kind() != MessageKind::error_response || !response.is(Field::error_data, Type::object) ||
      response.error_code(bytes) != url_elicitation_required)
    return std::nullopt;
  const json::Value pages =
      json::find_member(bytes, response[Field::error_data].value.span, "elicitations").value;
  if (!pages.is(Type::array)) return std::nullopt;
  InputRequired input;
  json::ElementCursor cursor(bytes, pages.span);
  while (const auto page = cursor.next()) {
    if (!page->is(Type::object) || input.questions.size() == max_questions) return std::nullopt;
    const auto& key = keys[input.questions.size()];
    const Question question{{key.data(), key.size()}, Method::elicitation_create, page->of(bytes)};
    if (!opens_page(question)) return std::nullopt;
    input.questions.push_back(question);
  }
  return input.questions.empty() ? std::nullopt : std::optional(std::move(input));
}

std::optional<Question> question_of(const Message& request, std::string_view bytes) {
  const Question question{request.id(bytes), request.method(), request.raw(Field::params, bytes)};
  return asks(question) ? std::optional(question) : std::nullopt;
}

bool is_answer(Method question, std::string_view result) {
  if (!result.starts_with('{')) return false;
  const json::Value content = member(result, "content");
  switch (question) {
    case Method::elicitation_create:
      return is_one_of(result, member(result, "action"), {"accept", "decline", "cancel"}) &&
             (!content || content.is(Type::object));
    case Method::sampling_create_message:
      return is_one_of(result, member(result, "role"), {"user", "assistant"}) &&
             member(result, "model").is(Type::string) &&
             (content.is(Type::object) || content.is(Type::array));
    case Method::roots_list:
      return member(result, "roots").is(Type::array);
    default:
      return false;
  }
}

ClientCapabilities needed(const Question& question) {
  ClientCapabilities need;
  if (question.method == Method::roots_list) need.roots = true;
  if (question.method == Method::sampling_create_message) {
    need.sampling = true;
    need.sampling_tools = member(question.params, "tools") || member(question.params, "toolChoice");
  }
  if (question.method == Method::elicitation_create) (opens_page(question) ? need.urls : need.forms) = true;
  return need;
}

bool covers(const ClientCapabilities& can, const ClientCapabilities& need) noexcept {
  return (can.sampling || !need.sampling) && (can.sampling_tools || !need.sampling_tools) &&
         (can.sampling_context || !need.sampling_context) && (can.forms || !need.forms) &&
         (can.urls || !need.urls) && (can.roots || !need.roots);
}

std::string elicitation_id(std::string_view params) {
  const json::Value id = member(params, "elicitationId");
  if (!id.is(Type::string) || id.of(params).size() > max_elicitation_id) return {};
  return json::unescape(id.of(params));
}

Result<std::string> question_params(const Question& question, Revision client) {
  if (question.method == Method::roots_list) return std::string();
  const std::string_view params = question.params;
  json::Splice splice(params);
  const auto drop = [&](std::string_view key) {
    if (const json::Member found = json::find_member(params, whole(params), key)) splice.remove(found);
  };
  drop("_meta");
  drop("task");
  std::string id;
  if (opens_page(question)) {
    if (client < Revision::v2025_11_25) return fail(cannot("before 2025-11-25 no page can be opened"));
    drop("elicitationId");  // which another server may have given too
    id = json::quote(CorrelationId::make().hex());
    if (era(client) == Era::legacy) splice.append_member(whole(params), "elicitationId", id);
  } else if (question.method == Method::elicitation_create && client < Revision::v2025_11_25) {
    if (client < Revision::v2025_06_18) return fail(cannot("before 2025-06-18 there are no forms"));
    if (!is_plain_form(params)) return fail(cannot("this form has fields that 2025-06-18 does not know"));
    drop("mode");
  }
  return splice.to_string();
}

}  // namespace sallyport::protocol
