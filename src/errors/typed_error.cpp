#include "errors/typed_error.hpp"

#include "base/strings.hpp"
#include "base/type_name.hpp"
#include "errors/text.hpp"

#include <chrono>
#include <stdexcept>
#include <typeinfo>

namespace sallyport {
namespace {

// What the gateway's envelope shows a user.
std::string user_message(const Authored& authored) {
  const GatewayFacts& facts = *authored.gateway;
  if (facts.details && facts.details->user_message && !facts.details->user_message->empty())
    return *facts.details->user_message;
  if (facts.severity == Severity::critical) return "Critical system error: " + authored.message;
  if (facts.severity == Severity::high) return "Error: " + authored.message;
  return authored.message;
}

std::string logged_message(const Authored& authored, Kind kind) {
  if (authored.gateway) return user_message(authored);
  std::string prefix = message_prefix(authored.error_class, kind, authored.context_name);
  if (prefix.empty()) return authored.message;
  return prefix + (is_blank(authored.message) ? "(no details provided)" : authored.message);
}

// A line for each error of the chain: what it was, what the developer is told, where it arose.
void append_link(std::string& out, const Error& error) {
  out += wire_name(error.code());
  out += ' ';
  out += name(error.kind());
  if (!error.developer_message().empty()) {
    out += ": ";
    out += error.developer_message();
  }
  const std::source_location& where = error.notes().front().where;
  std::string_view file = where.file_name();
  file.remove_prefix(file.rfind('/') + 1);  // the whole name where there is no '/'
  out += " (";
  out += file;
  out += ':';
  out += std::to_string(where.line());
  out += ')';
}

// The envelope of an error that the gateway made itself: what its row says.
GatewayFacts facts_of(const Error& error) {
  const CatalogRow& entry = error.row();
  const CatalogRow& shown = shown_row(error);
  GatewayFacts facts{.severity = entry.severity, .recovery_strategy = entry.strategy};
  facts.details.emplace();
  facts.details->retry_after = retry_after_seconds(error);
  facts.details->suggested_actions.emplace(shown.suggested_actions.begin(), shown.suggested_actions.end());
  return facts;
}

}  // namespace

TypedError::TypedError(Error error) : error_(std::move(error)) {
  show();
}

std::optional<std::int64_t> TypedError::retry_after_ms() const noexcept {
  const auto delay = error_.retry_after();
  if (!delay) return std::nullopt;
  return delay->count();
}

std::optional<std::string> TypedError::stacktrace() const {
  if (error_.cause() == nullptr) return std::nullopt;
  std::string out;
  for (const Error* link = error_.cause(); link != nullptr; link = link->cause()) {
    if (!out.empty()) out += '\n';
    append_link(out, *link);
  }
  return out;
}

void TypedError::caused_by(Error cause) {
  error_.with_cause(std::move(cause));
}

void TypedError::caused_by(const std::exception& cause) {
  error_.with_cause(error_of(cause));
}

void TypedError::set_context(std::string_view name) {
  if (name.empty() || !error_.authored()->context_name.empty()) return;
  Authored authored = *error_.authored();
  authored.context_name = name;
  error_.with_authored(std::move(authored));
  if (!developer_message().empty())
    error_.with_developer_message(message_prefix(error_class(), kind(), error_.authored()->context_name) +
                                  std::string(developer_message()));
  show();
}

void TypedError::show() {
  shown_ = std::make_shared<const std::string>(logged_message(*error_.authored(), error_.kind()));
}

bool fits(const Error& error, ErrorClass error_class) noexcept {
  if (error.authored() == nullptr && is_a(error_class, ErrorClass::mcp_gateway_error))
    return is_a(gateway_class(error.code()), error_class);
  // The server's classes promise nothing but their names.
  if (error.authored() == nullptr && is_a(error_class, ErrorClass::mcp_error)) return true;
  return is_a(class_of(error), error_class);
}

Error detail::adopted(Error error, ErrorClass error_class) {
  if (!fits(error, error_class))
    throw std::invalid_argument(std::string(wire_name(error.code())) + " of kind " +
                                std::string(name(error.kind())) + " is no " + std::string(name(error_class)));
  Authored authored;
  if (error.authored() != nullptr) {
    const ErrorClass raised_as = error.authored()->error_class;
    if (raised_as == class_of(error) && is_a(raised_as, error_class)) return error;
    authored = *error.authored();
  } else {
    authored.message = what_failed(error);
    if (is_a(error_class, ErrorClass::mcp_gateway_error)) authored.gateway = facts_of(error);
  }
  authored.error_class = error_class;
  return std::move(error.with_authored(std::move(authored)));
}

Error error_of(const std::exception& caught) {
  if (const auto* typed = dynamic_cast<const TypedError*>(&caught)) return typed->error();
  const std::string_view text = caught.what();
  const std::string type = type_name(typeid(caught));
  return Error(Code::system_operation_failed)
      .with_kind(Kind::unknown)
      .with_developer_message(text.empty() ? type + " (no exception message)"
                                           : type + ": " + std::string(text));
}

}  // namespace sallyport
