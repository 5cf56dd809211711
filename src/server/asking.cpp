#include "server/asking.hpp"

#include "base/ids.hpp"

#include <utility>

namespace sallyport {
namespace {

std::unexpected<Error> bad_answer(std::string_view pointer, std::string_view constraint) {
  return fail(Error(Code::proto_invalid_params)
                  .with_executed(Executed::no)
                  .with_slot(Slot::pointer, pointer)
                  .with_slot(Slot::constraint, constraint));
}

std::string text_of(const Json& object, std::string_view key) {
  return object.find(key).value_or(Json()).as_string().value_or("");
}

}  // namespace

Json SampleRequest::json() const {
  Json list = Json::array();
  for (const PromptMessage& message : messages)
    list.push_back(Json::object(
        {{"role", message.role == Role::user ? "user" : "assistant"}, {"content", message.content.json()}}));
  Json made = Json::object({{"messages", list}, {"maxTokens", max_tokens}});
  if (!system_prompt.empty()) made.set("systemPrompt", system_prompt);
  if (temperature) made.set("temperature", *temperature);
  if (!stop_sequences.empty()) {
    Json stops = Json::array();
    for (const std::string& each : stop_sequences) stops.push_back(each);
    made.set("stopSequences", stops);
  }
  if (model_preferences) made.set("modelPreferences", *model_preferences);
  return made;
}

Question Question::form(std::string_view key, std::string_view message, const Json& schema) {
  return {std::string(key), Capability::elicitation,
          Json::object({{"message", message}, {"requestedSchema", schema}})};
}

Question Question::page(std::string_view key, std::string_view message, std::string_view url) {
  return {std::string(key), Capability::elicitation_url,
          Json::object({{"mode", "url"},
                        {"message", message},
                        {"url", url},
                        {"elicitationId", CorrelationId::make().hex()}})};
}

Question Question::sample(std::string_view key, const SampleRequest& request) {
  return {std::string(key), Capability::sampling, request.json()};
}

Question Question::roots(std::string_view key) {
  return {std::string(key), Capability::roots, Json::object()};
}

std::string_view Question::method() const {
  switch (needs) {
    case Capability::sampling:
      return "sampling/createMessage";
    case Capability::elicitation:
    case Capability::elicitation_url:
      return "elicitation/create";
    case Capability::roots:
      return "roots/list";
  }
  std::unreachable();
}

std::string Sampled::text() const {
  if (!content.is_array()) return text_of(content, "text");
  std::string all;
  for (const Json& block : content.elements()) all += text_of(block, "text");
  return all;
}

namespace detail {

Result<Elicited> read_elicited(const Json& result) {
  Elicited made;
  const std::string action = text_of(result, "action");
  if (action == "accept") {
    made.action = Elicited::Action::accept;
  } else if (action == "decline") {
    made.action = Elicited::Action::decline;
  } else if (action != "cancel") {
    return bad_answer("action", "must be accept, decline or cancel");
  }
  if (!made.accepted()) return made;
  made.content = result.find("content").value_or(Json::object());
  if (!made.content.is_object()) return bad_answer("content", "must be an object");
  return made;
}

Result<Sampled> read_sampled(const Json& result) {
  Sampled made;
  made.content = result.find("content").value_or(Json());
  if (!made.content.is_object() && !made.content.is_array())
    return bad_answer("content", "must be a block of content");
  if (text_of(result, "role") == "user") made.role = Role::user;
  made.model = text_of(result, "model");
  made.stop_reason = text_of(result, "stopReason");
  return made;
}

Result<std::vector<Root>> read_roots(const Json& result) {
  std::vector<Root> roots;
  const Json list = result.find("roots").value_or(Json());
  if (!list.is_array()) return bad_answer("roots", "must be an array");
  for (const Json& each : list.elements()) {
    if (text_of(each, "uri").empty()) return bad_answer("roots", "must have a uri each");
    roots.push_back({text_of(each, "uri"), text_of(each, "name")});
  }
  return roots;
}

Result<void> check_answer(const Question& question, const Json& result) {
  switch (question.needs) {
    case Capability::sampling:
      TRY(read_sampled(result));
      return {};
    case Capability::roots:
      TRY(read_roots(result));
      return {};
    case Capability::elicitation:
    case Capability::elicitation_url:
      TRY(read_elicited(result));
      return {};
  }
  std::unreachable();
}

Json form_schema(const std::string& schema) {
  Json made = Json::object({{"type", "object"}});
  const Json whole = Json::trusted(schema);
  for (const char* key : {"properties", "required"})
    if (const auto member = whole.find(key)) made.set(key, *member);
  return made;
}

Error misfit_error(const Misfit& misfit) {
  Error error(Code::proto_invalid_params);
  error.with_executed(Executed::no).with_slot(Slot::constraint, misfit.rule);
  if (!misfit.pointer.empty()) error.with_slot(Slot::pointer, misfit.pointer);
  return error;
}

}  // namespace detail
}  // namespace sallyport
