// A tool that asks its user: a form for what may pass the client, a page of our own for what must not.
#include <array>
#include <string>
#include <utility>

#include <sallyport.hpp>

using sallyport::Context;
using sallyport::Fields;
using sallyport::Task;

namespace {

enum class Size { small, large };
constexpr auto enum_names(Size) {
  return std::array{std::pair{Size::small, "small"}, std::pair{Size::large, "large"}};
}

struct Order {
  std::string name;
  Size size = Size::small;
  int count = 1;
  static void describe(Fields<Order>& field) {
    field("name", &Order::name, "For whom").length(1, 50);
    field("size", &Order::size);
    field("count", &Order::count).range(1, 10).optional();
  }
};

// What the user's client gives back is checked like arguments: `content` is an Order, or there is an error.
Task<std::string> order_coffee(Context& context) {
  const auto said = CO_TRY(co_await context.elicit<Order>("order", "What shall it be?"));
  switch (said.action) {
    case sallyport::Elicited::Action::decline:
      co_return "No coffee, then.";
    case sallyport::Elicited::Action::cancel:
      throw sallyport::ContextRequiredToolError("The user closed the form.", "Ask whether coffee is wanted.");
    case sallyport::Elicited::Action::accept:
      break;
  }
  co_return std::to_string(said.content->count) + (said.content->size == Size::large ? " large" : " small") +
      " for " + said.content->name;
}

// A card number is typed into our page, not into the client. Accepted means that the user went there, not
// that he paid: that the page tells us, by way of its own.
Task<std::string> pay(Context& context, std::string order) {
  const auto said = CO_TRY(
      co_await context.elicit_page("pay", "Pay for " + order, "https://coffee.example/pay?order=" + order));
  co_return said.accepted() ? "The user is on the way to the till." : "Not paid.";
}

}  // namespace

int main(int argc, char** argv) {
  sallyport::Server app("elicitation", "1.0");
  app.tool("order_coffee", "Orders coffee; asks the user what kind.", order_coffee)
      .needs(sallyport::Capability::elicitation);
  app.tool("pay", "Has the user pay on our page.", pay, {{"order", "Its number"}})
      .needs(sallyport::Capability::elicitation_url);
  return app.run(argc, argv);
}
