// A server on HTTP that knows who calls: bearer tokens, a tool that needs a scope and reads what the token
// says of its caller, middleware that decides by the caller, a secret, and a tool that works by way of
// another one.
//
//   ANN_TOKEN=… BOB_TOKEN=… SIGNING_KEY=… guarded --http 127.0.0.1:8000
#include <cstdlib>
#include <optional>
#include <string>

#include <sallyport.hpp>

using namespace sallyport;

namespace {

// Tokens out of the environment; a real server checks a signature, or asks whoever issued the token.
Task<Identity> who_is(std::string token) {
  const auto is = [&token](const char* variable) {
    const char* const value = std::getenv(variable);
    return value != nullptr && Secret(value).matches(token);  // in constant time
  };
  if (is("ANN_TOKEN")) co_return Identity{"ann", {"notes"}, Json::object({{"team", "red"}})};
  if (is("BOB_TOKEN")) co_return Identity{"bob", {}};
  co_return fail(Error(Code::auth_invalid_credentials));
}

Task<Outcome> only_ann_deletes(Invocation& call, Next next) {
  if (call.name == "delete_notes" && call.context.caller() != "ann")
    throw FatalToolError("Only Ann may delete notes.");
  return next();
}

std::string whoami(Context& context) {
  return std::string(context.caller());
}

std::string list_notes(Context& context) {
  const Json team = context.claims().find("team").value_or("none");
  return "The notes of team " + team.as_string().value_or("none");
}

std::string sign(Context& context, const std::string& text) {
  return text + " (signed with a key of " + std::to_string(context.secret("SIGNING_KEY").reveal().size()) +
         " bytes)";
}

Task<std::string> delete_notes(Context& context) {
  const ToolResult signed_text = CO_TRY(co_await context.call("sign", Json::object({{"text", "deleted"}})));
  co_return signed_text.content.front().json().find("text")->as_string().value_or("");
}

}  // namespace

int main(int argc, char** argv) {
  Server app("guarded", "1.0");
  const char* const scope = std::getenv("GUARDED_SCOPE");  // that every token needs
  ResourceServer resource{.authorization_servers = {"https://login.example"}};
  if (scope != nullptr) resource.scopes = {scope};
  app.authenticate(who_is, resource);
  app.middleware(only_ann_deletes);
  app.tool("whoami", "Who calls.", whoami).read_only();
  app.tool("list_notes", "The notes of the caller's team.", list_notes)
      .read_only()
      .scopes({"notes"}, OnStdio::refused);
  app.tool("sign", "Signs a text.", sign, {{"text"}}).secret("SIGNING_KEY").hidden();
  app.tool("delete_notes", "Deletes all notes.", delete_notes).destructive();
  return app.run(argc, argv);
}
