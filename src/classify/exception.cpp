#include "classify/exception.hpp"

#include "base/type_name.hpp"
#include "classify/errno.hpp"
#include "classify/messages.hpp"
#include "classify/transport.hpp"
#include "errors/exceptions.hpp"

#include <new>
#include <system_error>

#include <cxxabi.h>

namespace sallyport::classify {
namespace {

constexpr int max_depth = 16;

// The first of an error's causes that says who failed, or nothing.
const Error* known_link(const Error& error) noexcept {
  for (const Error* link = &error; link != nullptr; link = link->cause())
    if (link->kind() != Kind::unknown) return link;
  return nullptr;
}

// From the outermost exception inwards, to the first that is known.
class Walk {
 public:
  Walk(const Context& context, const Mapping& first) : context_(context), first_(first) {}

  std::optional<Error> known(const std::exception_ptr& thrown) {
    visit(thrown, 0);
    return std::move(known_);
  }

  Error unhandled() const {
    Error error = FatalToolError(unhandled_message(type_), text_).error();
    error.with_executed(executed_without_answer(context_, std::nullopt));
    if (context_.phase) error.with_phase(*context_.phase);
    return error;
  }

 private:
  void visit(const std::exception_ptr& thrown, int depth) {
    if (!thrown || depth == max_depth) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& caught) {
      remember(type_name(typeid(caught)), caught.what());
      known_ = known(caught, thrown);
      if (known_) return;
      if (const auto* outer = dynamic_cast<const std::nested_exception*>(&caught))
        visit(outer->nested_ptr(), depth + 1);
    } catch (...) {
      const std::type_info* const type = abi::__cxa_current_exception_type();
      remember(type != nullptr ? type_name(*type) : "exception", "");
      if (first_) known_ = first_(thrown);
    }
  }

  // The type of the outermost one, and the texts of all.
  void remember(const std::string& type, std::string_view what) {
    if (type_.empty()) type_ = type;
    if (!text_.empty()) text_ += " < ";
    text_ += what.empty() ? type + " (no exception message)" : type + ": " + std::string(what);
  }

  std::optional<Error> known(const std::exception& caught, const std::exception_ptr& thrown) const {
    if (const auto* ours = dynamic_cast<const TypedError*>(&caught)) {
      const Error* const link = known_link(ours->error());
      return link != nullptr ? *link : ours->error();
    }
    if (first_)
      if (auto mapped = first_(thrown)) return mapped;
    Context told = context_;
    told.detail = text_;
    if (dynamic_cast<const std::bad_alloc*>(&caught) != nullptr)
      return raised(make_error(verdict_for(FailureClass::exhausted), told, "std::bad_alloc"),
                    FailureClass::exhausted);
    if (const auto* system = dynamic_cast<const std::system_error*>(&caught)) {
      const std::error_code& code = system->code();
      const std::string_view category = code.category().name();
      const ForeignCode foreign{category, code.value()};
      if (category != "generic" && category != "system")
        return raised(from_error_code(foreign, told), transport_verdict(foreign, told).failure);
      const Verdict verdict = errno_verdict(code.value()).value_or(verdict_for(FailureClass::local));
      return raised(from_errno(code.value(), told), verdict.failure);
    }
    return std::nullopt;
  }

  // As a tool's author would raise it, with a sentence of ours for the agent.
  static Error raised(Error error, FailureClass failure) {
    std::string message = failure_message("A request of the tool", failure, error);
    return std::move(error.with_authored({.error_class = class_of(error), .message = std::move(message)}));
  }

  const Context& context_;
  const Mapping& first_;
  std::string type_;
  std::string text_;
  std::optional<Error> known_;
};

}  // namespace

Error from_exception(const std::exception_ptr& thrown, const Context& context, const Mapping& first) {
  Walk walk(context, first);
  std::optional<Error> known = walk.known(thrown);
  return known ? *std::move(known) : walk.unhandled();
}

std::optional<Error> known_exception(const std::exception_ptr& thrown, const Context& context,
                                     const Mapping& first) {
  return Walk(context, first).known(thrown);
}

}  // namespace sallyport::classify
