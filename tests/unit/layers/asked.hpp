// A call as a transport makes it, and a next service that does what the test says.
#pragma once

#include "pipeline/call.hpp"
#include "support/manual_timers.hpp"
#include "support/run_task.hpp"
#include "unit/protocol/parsed.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace sallyport::layers {

inline std::string tools_call(std::string_view name) {
  return R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":)" + json::quote(name) + "}}";
}

struct Asked {
  explicit Asked(std::string text = tools_call("t"), SteadyTime started = {}) : parsed(std::move(text)) {
    principal.source = "10.0.0.1";
    call.bytes = parsed.bytes;
    call.message = &parsed.message;
    call.principal = &principal;
    call.started = started;
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  protocol::Parsed parsed;
  pipeline::Principal principal;
  pipeline::Call call;
};

class Next final : public pipeline::Service {
 public:
  using Answer = std::function<Task<pipeline::Reply>(pipeline::Call&)>;
  static std::unique_ptr<Next> make(Answer answer) {
    return std::unique_ptr<Next>(new Next(std::move(answer)));
  }

  // Counts who comes through.
  static std::unique_ptr<Next> counting(int& calls) {
    return make([&calls](pipeline::Call&) -> Task<pipeline::Reply> {
      ++calls;
      co_return nothing();
    });
  }
  static std::unique_ptr<Next> failing(Error error) {
    return make([error](pipeline::Call&) -> Task<pipeline::Reply> { co_return Failure(error); });
  }
  static pipeline::Reply nothing() { return pipeline::Local{std::make_shared<const std::string>("{}")}; }

  Task<pipeline::Reply> call(pipeline::Call& call) override { return answer_(call); }

 private:
  explicit Next(Answer answer) : answer_(std::move(answer)) {}
  Answer answer_;
};

}  // namespace sallyport::layers
