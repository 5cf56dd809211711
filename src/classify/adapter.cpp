#include "classify/adapter.hpp"

#include "base/type_name.hpp"
#include "errors/error_class.hpp"
#include "errors/redact.hpp"
#include "errors/typed_error.hpp"

#include <algorithm>
#include <typeindex>

namespace sallyport::classify {
namespace {

constexpr std::size_t max_slug_bytes = 64;
constexpr std::size_t max_detail_bytes = 512;

bool usable_slug(std::string_view slug) noexcept {
  return !slug.empty() && slug.size() <= max_slug_bytes && std::ranges::all_of(slug, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

std::type_index type_of(const Adapter& adapter) noexcept {
  return typeid(adapter);
}

// Why an adapter cannot be registered; empty: it can.
std::string offence(const AdapterPointer& adapter) {
  if (adapter == nullptr) return "is null";
  const Adapter& given = *adapter;
  if (!usable_slug(given.slug())) return type_name(typeid(given)) + " has no usable slug";
  return {};
}

void warn_of(const AdapterChain::Warn& warn, const Adapter& adapter, AdapterWarning::Why why,
             std::string_view detail) {
  if (warn) warn({adapter.slug(), why, redact_text(detail, max_detail_bytes)});
}

// What one adapter makes of it, as far as that is of use.
std::optional<Error> ask(const Adapter& adapter, const std::exception_ptr& thrown,
                         const AdapterChain::Warn& warn) {
  using Why = AdapterWarning::Why;
  try {
    std::optional<Error> mapped = adapter.from_exception(thrown);
    if (!mapped || is_a(class_of(*mapped), ErrorClass::tool_runtime_error)) return mapped;
    warn_of(warn, adapter, Why::no_tool_error, name(class_of(*mapped)));
  } catch (const std::exception& caught) {
    warn_of(warn, adapter, Why::threw, caught.what());
  } catch (...) {
    warn_of(warn, adapter, Why::threw, "");
  }
  return std::nullopt;
}

// What was thrown, as the cause of what became of it.
std::optional<Error> error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& caught) {
    return sallyport::error_of(caught);
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace

Result<AdapterChain> AdapterChain::make(const std::vector<AdapterPointer>& adapters) {
  const auto refused = [](std::string_view why) {
    return fail(Error(Code::config_invalid).with_executed(Executed::no).with_developer_message(why));
  };
  if (adapters.size() > most) return refused("more than " + std::to_string(most) + " adapters");
  std::string offenders;
  AdapterChain chain;
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    if (const std::string why = offence(adapters[i]); !why.empty()) {
      offenders += (offenders.empty() ? "adapter " : "; adapter ") + std::to_string(i + 1) + " " + why;
      continue;
    }
    const bool known = std::ranges::any_of(chain.adapters_, [&](const AdapterPointer& other) {
      return type_of(*other) == type_of(*adapters[i]);
    });
    if (!known) chain.adapters_.push_back(adapters[i]);
  }
  if (!offenders.empty()) return refused(offenders);
  return chain;
}

std::optional<Error> AdapterChain::ask_all(const std::exception_ptr& thrown, const Warn& warn) const {
  for (const AdapterPointer& adapter : adapters_) {
    std::optional<Error> mapped = ask(*adapter, thrown, warn);
    if (!mapped) continue;
    if (mapped->cause() == nullptr)
      if (auto cause = error_of(thrown)) mapped->with_cause(*std::move(cause));
    return mapped;
  }
  return std::nullopt;
}

Error AdapterChain::classify(const std::exception_ptr& thrown, const Context& context,
                             const Warn& warn) const {
  return from_exception(thrown, context, [&](const std::exception_ptr& each) { return ask_all(each, warn); });
}

std::optional<Error> AdapterChain::recognise(const std::exception_ptr& thrown, const Context& context,
                                             const Warn& warn) const {
  return known_exception(thrown, context,
                         [&](const std::exception_ptr& each) { return ask_all(each, warn); });
}

}  // namespace sallyport::classify
