#include "everything.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace everything {
namespace {

using namespace std::chrono_literals;
using sallyport::Context;
using sallyport::Fields;
using sallyport::Question;
using sallyport::Task;
using sallyport::TaskStart;
using sallyport::TaskSupport;

struct Name {
  std::string name;
  static void describe(Fields<Name>& field) { field("name", &Name::name, "Your name"); }
};

struct Confirmation {
  bool confirm = false;
  static void describe(Fields<Confirmation>& field) { field("confirm", &Confirmation::confirm); }
};

struct Work {
  double seconds = 1;
  std::string label = "unnamed";
  static void describe(Fields<Work>& field) {
    field("seconds", &Work::seconds, "How long it takes").range(0, 3600).optional();
    field("label", &Work::label, "What it is called").optional();
  }
};

std::string greet(const std::string& name) {
  return "Hello, " + name + "!";
}

// A cancelled wait ends it.
Task<std::string> slow_compute(Context& context, const Work& work) {
  constexpr int steps = 10;
  for (int step = 1; step <= steps; ++step) {
    CO_TRY(co_await context.sleep(std::chrono::milliseconds(static_cast<int>(work.seconds * 1000 / steps))));
    context.progress(step, steps, "Step " + std::to_string(step) + " of " + work.label);
  }
  co_return "Computed " + work.label + ".";
}

Task<std::string> failing_job(Context& context) {
  CO_TRY(co_await context.sleep(1s));
  throw sallyport::ToolExecutionError("This job fails on purpose.");
}

// What the protocol calls an error, and not the result of a call.
Task<std::string> protocol_error_job(Context& context) {
  CO_TRY(co_await context.sleep(100ms));
  co_return sallyport::fail(sallyport::Error(sallyport::Code::proto_invalid_params));
}

Task<std::string> confirm_delete(Context& context, const std::string& filename) {
  const auto said = CO_TRY(co_await context.elicit<Confirmation>("confirm", "Delete " + filename + "?"));
  co_return said.accepted() && said.content->confirm ? "Deleted " + filename + "." : "Kept " + filename + ".";
}

Task<std::string> multi_input(Context& context) {
  const sallyport::Json schema = *sallyport::Json::parse(R"({"type":"object","properties":
      {"name":{"type":"string"},"confirm":{"type":"boolean"}}})");
  std::vector<Question> questions;
  questions.push_back(Question::form("first", "The first of two", schema));
  questions.push_back(Question::form("second", "The second of two", schema));
  const auto answers = CO_TRY(co_await context.ask(std::move(questions)));
  co_return "Both: " + sallyport::Json::array(answers).text();
}

// Asks first, and is a task only then.
Task<std::string> ask_then_work(Context& context) {
  const auto said = CO_TRY(co_await context.elicit<Name>("user_name", "What is your name?"));
  context.become_task();
  CO_TRY(co_await context.sleep(200ms));
  co_return "Done for " + (said.accepted() ? said.content->name : std::string("nobody")) + ".";
}

}  // namespace

void add_task_tools(sallyport::Server& app) {
  app.tool("greet", "Answers at once.", greet, {{"name", "Whom"}}).read_only();
  app.tool("slow_compute", "Takes its time.", slow_compute).task();
  app.tool("failing_job", "Fails after a second.", failing_job).task(TaskSupport::required);
  app.tool("protocol_error_job", "Ends with an error of the protocol.", protocol_error_job).task();
  app.tool("confirm_delete", "Asks before it does what it is told.", confirm_delete, {{"filename", "Which"}})
      .task();
  app.tool("multi_input", "Asks two things at once.", multi_input).task();
  app.tool("test_tool_with_task", "Asks first, and then goes on as a task.", ask_then_work)
      .task(TaskSupport::required, TaskStart::when_told);
}

}  // namespace everything
