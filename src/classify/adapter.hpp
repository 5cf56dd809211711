// Who turns what a tool's code threw into one of our errors: adapters that its author registers, in their
// order, and behind them what the classifier knows itself.
#pragma once

#include "classify/exception.hpp"
#include "errors/result.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::classify {

class Adapter {
 public:
  virtual ~Adapter() = default;
  virtual std::string_view slug() const = 0;  // names it in warnings: `[A-Za-z0-9_.-]`, 1 to 64 of them
  // An error of a class below ToolRuntimeError, or nothing for what it does not know. May throw: the next one
  // is asked then.
  virtual std::optional<Error> from_exception(const std::exception_ptr& thrown) const = 0;
};

using AdapterPointer = std::shared_ptr<const Adapter>;  // shared by all calls

// An adapter for one type of exception: `map(const Thrown&)` gives a std::optional<Error>.
template <class Thrown, class Map>
class TypeAdapter final : public Adapter {
 public:
  TypeAdapter(std::string slug, Map map) : slug_(std::move(slug)), map_(std::move(map)) {}
  std::string_view slug() const override { return slug_; }  // as it was given
  std::optional<Error> from_exception(const std::exception_ptr& thrown) const override {
    try {
      std::rethrow_exception(thrown);
    } catch (const Thrown& caught) {
      return map_(caught);
    } catch (...) {
      return std::nullopt;
    }
  }

 private:
  std::string slug_;
  Map map_;
};
// The same, ready for Server::adapters.
template <class Thrown, class Map>
AdapterPointer adapter_for(std::string slug, Map map) {
  return std::make_shared<const TypeAdapter<Thrown, Map>>(std::move(slug), std::move(map));
}

// An adapter was passed over.
struct AdapterWarning {
  enum class Why : std::uint8_t { threw, no_tool_error };
  std::string_view slug;
  Why why;
  std::string detail;  // for the developer: what it threw or gave, without secrets
};

class AdapterChain {
 public:
  using Warn = std::function<void(const AdapterWarning&)>;  // hears of those that are passed over

  // Of adapters of one type the first counts. Refuses (CONFIG_001, naming them all) those that are null or
  // have no usable slug, and more than `most`.
  static constexpr std::size_t most = 64;
  static Result<AdapterChain> make(const std::vector<AdapterPointer>& adapters);

  // As from_exception(), but at each depth of the chain the adapters are asked before the classifier, and of
  // what they give the exception is the cause. One of our classes is itself: nobody is asked.
  Error classify(const std::exception_ptr& thrown, const Context& context, const Warn& warn = {}) const;
  // The same; nothing for an exception that nobody knows.
  std::optional<Error> recognise(const std::exception_ptr& thrown, const Context& context,
                                 const Warn& warn = {}) const;

  const std::vector<AdapterPointer>& adapters() const noexcept { return adapters_; }  // in their order

 private:
  std::optional<Error> ask_all(const std::exception_ptr& thrown, const Warn& warn) const;

  std::vector<AdapterPointer> adapters_;
};

}  // namespace sallyport::classify
