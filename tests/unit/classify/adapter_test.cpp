#include "classify/adapter.hpp"

#include "errors/exceptions.hpp"

#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::classify {
namespace {

// A library of a tool's author, with exceptions of its own.
struct Throttled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

AdapterPointer throttled(std::string message = "The service is busy.") {
  return adapter_for<Throttled>("_throttled", [message](const Throttled&) -> std::optional<Error> {
    return UpstreamRateLimitError(message, 2000).error();
  });
}

// Gives whatever it is told to.
template <int>
class Fixed final : public Adapter {
 public:
  explicit Fixed(std::function<std::optional<Error>()> give, std::string slug = "_fixed")
      : give_(std::move(give)), slug_(std::move(slug)) {}
  std::string_view slug() const override { return slug_; }
  std::optional<Error> from_exception(const std::exception_ptr&) const override { return give_(); }

 private:
  std::function<std::optional<Error>()> give_;
  std::string slug_;
};

template <int N = 0>
AdapterPointer fixed(std::function<std::optional<Error>()> give, std::string slug = "_fixed") {
  return std::make_shared<const Fixed<N>>(std::move(give), std::move(slug));
}

AdapterChain chain(const std::vector<AdapterPointer>& adapters) {
  auto made = AdapterChain::make(adapters);
  if (!made) throw std::invalid_argument(std::string(made.error().developer_message()));
  return *std::move(made);
}

template <class Thrown>
Error classified(const AdapterChain& adapters, const Thrown& thrown, const AdapterChain::Warn& warn = {}) {
  return adapters.classify(std::make_exception_ptr(thrown), {}, warn);
}

TEST(AdapterChain, AnAdapterKnowsWhatWeDoNot) {
  const Error error = classified(chain({throttled()}), Throttled("slow down"));
  EXPECT_EQ(name(class_of(error)), "UpstreamRateLimitError");
  EXPECT_EQ(error.retry_after(), std::chrono::milliseconds(2000));
  ASSERT_NE(error.cause(), nullptr);
  EXPECT_TRUE(error.cause()->developer_message().ends_with("Throttled: slow down"));
  EXPECT_EQ(name(class_of(classified(chain({throttled()}), std::logic_error("x")))), "FatalToolError");
}

TEST(AdapterChain, TheFirstInOrderCountsAndOursComeLast) {
  const auto gives = [](std::string_view message) {
    return [message]() -> std::optional<Error> { return UpstreamError(message, 404).error(); };
  };
  const Error error = classified(chain({fixed<1>(gives("one")), fixed<2>(gives("two"))}), std::bad_alloc());
  EXPECT_EQ(error.authored()->message, "one");
  const auto nothing = []() { return std::optional<Error>(); };
  EXPECT_EQ(
      classified(chain({fixed<1>(nothing), fixed<2>(gives("two"))}), std::bad_alloc()).authored()->message,
      "two");
  EXPECT_EQ(classified(chain({fixed<1>(nothing)}), std::bad_alloc()).code(), Code::system_resource_exhausted);
}

TEST(AdapterChain, OfOneTypeTheFirstCounts) {
  const std::vector<AdapterPointer> given = {throttled("one"), throttled("two"),
                                             fixed([] { return std::optional<Error>(); })};
  const AdapterChain adapters = chain(given);
  ASSERT_EQ(adapters.adapters().size(), 2U);
  EXPECT_EQ(classified(adapters, Throttled("")).authored()->message, "one");
  EXPECT_EQ(given.size(), 3U) << "the caller's list stays his";
}

TEST(AdapterChain, OneOfOurClassesIsNotShownToThem) {
  int asked = 0;
  const AdapterChain adapters = chain({fixed([&asked] {
    ++asked;
    return std::optional<Error>();
  })});
  EXPECT_EQ(name(class_of(classified(adapters, ToolInputError("no")))), "ToolInputError");
  EXPECT_EQ(asked, 0);
}

TEST(AdapterChain, OneThatThrowsOrGivesNonsenseIsPassedOverWithAWarning) {
  std::vector<std::string> warnings;
  const auto warn = [&](const AdapterWarning& warning) {
    warnings.push_back(std::string(warning.slug) +
                       (warning.why == AdapterWarning::Why::threw ? " threw " : " gave ") + warning.detail);
  };
  const AdapterChain adapters = chain(
      {fixed<1>([]() -> std::optional<Error> { throw std::runtime_error("password=hunter2"); }, "_throws"),
       fixed<2>([]() -> std::optional<Error> { throw 42; }, "_int"),
       fixed<3>([]() -> std::optional<Error> { return ToolkitLoadError("not of a call").error(); }, "_load"),
       throttled()});
  EXPECT_EQ(name(class_of(classified(adapters, Throttled(""), warn))), "UpstreamRateLimitError");
  EXPECT_EQ(warnings, (std::vector<std::string>{"_throws threw password=[secret]", "_int threw ",
                                                "_load gave ToolkitLoadError"}));
  EXPECT_EQ(name(class_of(classified(adapters, Throttled("")))), "UpstreamRateLimitError");
}

TEST(AdapterChain, ThoseThatDoNotConformAreRefusedByName) {
  const auto nothing = [] { return std::optional<Error>(); };
  const auto made =
      AdapterChain::make({throttled(), nullptr, fixed<1>(nothing, ""), fixed<2>(nothing, "a b")});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Code::config_invalid);
  const std::string_view told = made.error().developer_message();
  EXPECT_NE(told.find("adapter 2 is null"), std::string_view::npos) << told;
  EXPECT_NE(told.find("adapter 3 "), std::string_view::npos) << told;
  EXPECT_NE(told.find("adapter 4 "), std::string_view::npos) << told;
  EXPECT_FALSE(AdapterChain::make(std::vector<AdapterPointer>(AdapterChain::most + 1, throttled())));
}

TEST(AdapterChain, LooksIntoNestedExceptions) {
  std::exception_ptr nested;
  try {
    try {
      throw Throttled("inner");
    } catch (const Throttled&) {
      std::throw_with_nested(std::runtime_error("outer"));
    }
  } catch (const std::runtime_error&) {
    nested = std::current_exception();
  }
  EXPECT_EQ(name(class_of(chain({throttled()}).classify(nested, {}))), "UpstreamRateLimitError");
}

RC_GTEST_PROP(AdapterCanary, AnExceptionsTextReachesTheDeveloperAtMost, ()) {
  const std::string canary = "canary" + std::to_string(*rc::gen::inRange(100000000, 999999999));
  const Error error = classified(AdapterChain(), std::runtime_error("token=" + canary + " at " + canary));
  RC_ASSERT(!error.authored()->message.contains(canary));
  RC_ASSERT(!error.developer_message().contains("token=" + canary));
  for (const Extra& extra : error.extras())
    if (const auto* text = std::get_if<std::string>(&extra.value)) RC_ASSERT(!text->contains(canary));
}

}  // namespace
}  // namespace sallyport::classify
