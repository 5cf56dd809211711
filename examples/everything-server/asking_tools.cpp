#include "everything.hpp"

#include <array>
#include <utility>
#include <vector>

namespace everything {
namespace {

using sallyport::Capability;
using sallyport::Context;
using sallyport::Fields;
using sallyport::Json;
using sallyport::Question;
using sallyport::Task;

struct Name {
  std::string name;
  static void describe(Fields<Name>& field) { field("name", &Name::name, "Your name"); }
};

struct Colour {
  std::string color;
  static void describe(Fields<Colour>& field) { field("color", &Colour::color); }
};

struct Consent {
  bool ok = false;
  static void describe(Fields<Consent>& field) { field("ok", &Consent::ok); }
};

struct PromptContext {
  std::string context;
  static void describe(Fields<PromptContext>& field) { field("context", &PromptContext::context); }
};

// ---- One tool for both eras.

Task<std::string> greet_by_name(Context& context) {
  const auto said = CO_TRY(co_await context.elicit<Name>("user_name", "What is your name?"));
  co_return said.accepted() ? "Hello, " + said.content->name + "!" : std::string("Hello, whoever you are!");
}

Task<std::string> ask_a_model(Context& context) {
  const auto said =
      CO_TRY(co_await context.sample("capital_question", "What is the capital of France?", 100));
  co_return "The model says: " + said.text();
}

Task<std::string> count_roots(Context& context) {
  std::string all;
  for (const auto& root : CO_TRY(co_await context.roots())) all += "\n" + root.uri;
  co_return "Your roots:" + all;
}

Task<std::string> confirm(Context& context) {
  const auto said = CO_TRY(co_await context.elicit<Consent>("confirm", "Please confirm"));
  co_return said.accepted() && said.content->ok ? "state-ok" : "Not confirmed.";
}

Json object_schema(std::string_view name, std::string_view type) {
  const Json property = Json::object({{"type", type}});
  return Json::object({{"type", "object"},
                       {"properties", Json::object({{name, property}})},
                       {"required", Json::array({name})}});
}

sallyport::SampleRequest greeting_request() {
  sallyport::SampleRequest request;
  request.messages.emplace_back(sallyport::Content::text("Generate a greeting"));
  request.max_tokens = 50;
  return request;
}

Task<std::string> three_at_once(Context& context) {
  std::vector<Question> questions;
  questions.push_back(Question::form("user_name", "What is your name?", object_schema("name", "string")));
  questions.push_back(Question::sample("greeting", greeting_request()));
  questions.push_back(Question::roots("client_roots"));
  const auto answers = CO_TRY(co_await context.ask(std::move(questions)));
  co_return "Three answers: " + Json::array(answers).text();
}

Task<std::string> two_rounds(Context& context) {
  const auto name = CO_TRY(co_await context.elicit<Name>("step1", "Step 1: What is your name?"));
  if (!name.accepted()) co_return "Then not.";
  const auto colour =
      CO_TRY(co_await context.elicit<Colour>("step2", "Step 2: What is your favorite color?"));
  if (!colour.accepted()) co_return "Then not.";
  co_return name.content->name + " likes " + colour.content->color + ".";
}

Task<std::string> what_the_client_can(Context& context) {
  std::vector<Question> questions;
  if (context.can(Capability::elicitation))
    questions.push_back(Question::form("user_name", "What is your name?", object_schema("name", "string")));
  if (context.can(Capability::sampling))
    questions.push_back(Question::sample("greeting", greeting_request()));
  if (questions.empty()) co_return "There is nothing that I can ask you.";
  const auto answers = CO_TRY(co_await context.ask(std::move(questions)));
  co_return "Answers: " + Json::array(answers).text();
}

// ---- What clients of the legacy eras are asked within the call.

Task<std::string> ask_for_sample(Context& context, const std::string& prompt) {
  const auto said = CO_TRY(co_await context.sample("sample", prompt, 100));
  co_return "LLM response: " + said.text();
}

struct UserInput {
  std::string username;
  std::string email;
  static void describe(Fields<UserInput>& field) {
    field("username", &UserInput::username, "User's response");
    field("email", &UserInput::email, "User's email address");
  }
};

std::string described(const sallyport::Elicited& said) {
  constexpr std::array words{"accept", "decline", "cancel"};
  return std::string("action=") + words[static_cast<std::size_t>(said.action)] +
         ", content=" + said.content.text();
}

Task<std::string> ask_the_user(Context& context, const std::string& message) {
  const auto said = CO_TRY(co_await context.elicit<UserInput>("user_input", message));
  if (!said.accepted()) co_return "User response: none";
  co_return "User response: " + said.content->username + ", " + said.content->email;
}

constexpr std::string_view defaults_schema = R"({"type":"object","properties":{
  "name":{"type":"string","description":"User name","default":"John Doe"},
  "age":{"type":"integer","description":"User age","default":30},
  "score":{"type":"number","description":"User score","default":95.5},
  "status":{"type":"string","description":"User status","enum":["active","inactive","pending"],"default":"active"},
  "verified":{"type":"boolean","description":"Verification status","default":true}},"required":[]})";

constexpr std::string_view choices_schema = R"({"type":"object","properties":{
  "untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
  "titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},
    {"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},
  "legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
  "untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
  "titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},
    {"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}},"required":[]})";

auto asks_with(std::string_view schema) {
  return [schema](Context& context) -> Task<std::string> {
    const Json form = *Json::parse(schema);
    const auto said = CO_TRY(co_await context.elicit("form", "Please review and update the form", form));
    co_return "Elicitation completed: " + described(said);
  };
}

Task<std::string> prompt_with_context(Context& context) {
  const auto said =
      CO_TRY(co_await context.elicit<PromptContext>("user_context", "What context should the prompt use?"));
  co_return "Use this context: " + (said.accepted() ? said.content->context : std::string("none"));
}

}  // namespace

void add_asking_tools(sallyport::Server& app) {
  app.tool("test_input_required_result_elicitation", "Asks for a name.", greet_by_name);
  app.tool("test_input_required_result_sampling", "Asks a model.", ask_a_model);
  app.tool("test_input_required_result_list_roots", "Asks for the roots.", count_roots);
  app.tool("test_input_required_result_request_state", "Asks for a yes.", confirm);
  app.tool("test_input_required_result_tampered_state", "Asks for a yes.", confirm);
  app.tool("test_input_required_result_multiple_inputs", "Asks for three things at once.", three_at_once);
  app.tool("test_input_required_result_multi_round", "Asks twice.", two_rounds);
  app.tool("test_input_required_result_capabilities", "Asks for what the client can.", what_the_client_can);
  app.tool("test_streaming_elicitation", "Asks for a name.", greet_by_name);
  app.tool("test_sampling", "Asks a model.", ask_for_sample, {{"prompt", "For the model"}});
  app.tool("test_elicitation", "Asks the user.", ask_the_user, {{"message", "For the user"}});
  app.tool("test_elicitation_sep1034_defaults", "A form with defaults.", asks_with(defaults_schema));
  app.tool("test_elicitation_sep1330_enums", "A form with choices of each kind.", asks_with(choices_schema));
  app.prompt("test_input_required_result_prompt", "Asks for its context.", prompt_with_context);
}

}  // namespace everything
