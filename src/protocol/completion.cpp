#include "protocol/completion.hpp"

#include "json/scanner.hpp"

namespace sallyport::protocol {
namespace {

using json::Type;

std::unexpected<Error> bad(std::string_view pointer, std::string_view constraint) {
  return fail(Error(Code::proto_invalid_params)
                  .with_executed(Executed::no)
                  .with_slot(Slot::method, name(Method::completion_complete))
                  .with_slot(Slot::pointer, pointer)
                  .with_slot(Slot::constraint, constraint));
}

json::Value member(std::string_view bytes, const json::Value& object, std::string_view key) {
  return object.is(Type::object) ? json::find_member(bytes, object.span, key).value : json::Value{};
}

}  // namespace

Result<Completion> read_completion(const Message& request, std::string_view bytes) {
  const json::Value params = request[Field::params].value;
  const json::Value ref = member(bytes, params, "ref");
  if (!ref.is(Type::object)) return bad("params.ref", "must be an object");
  const json::Value type = member(bytes, ref, "type");
  Completion found;
  if (type.is(Type::string) && json::equals_unescaped(type.of(bytes), "ref/resource")) {
    found.of = Completion::Of::resource;
  } else if (!type.is(Type::string) || !json::equals_unescaped(type.of(bytes), "ref/prompt")) {
    return bad("params.ref.type", R"(must be "ref/prompt" or "ref/resource")");
  }
  const bool prompt = found.of == Completion::Of::prompt;
  const json::Value key = member(bytes, ref, prompt ? "name" : "uri");
  if (!key.is(Type::string)) return bad(prompt ? "params.ref.name" : "params.ref.uri", "must be a string");
  found.ref = json::unescape(key.of(bytes));

  const json::Value argument = member(bytes, params, "argument");
  if (!argument.is(Type::object)) return bad("params.argument", "must be an object");
  if (!member(bytes, argument, "name").is(Type::string))
    return bad("params.argument.name", "must be a string");
  if (!member(bytes, argument, "value").is(Type::string))
    return bad("params.argument.value", "must be a string");
  found.argument = argument.of(bytes);

  const json::Value context = member(bytes, params, "context");
  if (context && !context.is(Type::object)) return bad("params.context", "must be an object");
  found.context = context.of(bytes);
  return found;
}

std::string completion_params(const Completion& completion, std::string_view ref) {
  const bool prompt = completion.of == Completion::Of::prompt;
  std::string out =
      prompt ? R"("ref":{"type":"ref/prompt","name":)" : R"("ref":{"type":"ref/resource","uri":)";
  json::append_quoted(out, ref);
  out += R"(},"argument":)";
  out += completion.argument;
  if (!completion.context.empty()) {
    out += R"(,"context":)";
    out += completion.context;
  }
  return out;
}

}  // namespace sallyport::protocol
