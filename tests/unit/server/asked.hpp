// A server under test without a transport: requests in, responses out, notifications kept.
#pragma once

#include "server/host.hpp"
#include "server/server.hpp"
#include "support/run_task.hpp"
#include "transport/response.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::testing {

class Asked : pipeline::EventSink, session::Client {
 public:
  virtual ~Asked() = default;

  Server app{"tested", "1.2"};
  task::Loop loop;
  server::Host host{loop, app.registry()};
  protocol::Revision revision = protocol::latest_legacy;
  std::vector<std::string> notified;
  std::vector<Json> questions;               // that a legacy client was asked
  std::function<Json(const Json&)> respond;  // gives the whole response to one, or null for none
  std::string capabilities = "{}";           // what a modern client declares
  std::vector<std::string> told;             // outside of calls
  std::vector<Json> tasks_told;              // each task as it was told to have changed
  std::string session_name = "test";
  pipeline::Principal principal;

  // The whole response to a request whose id is 1, as a client of `revision` gets it.
  Json ask(std::string_view method, std::string_view given = "{}") {
    Json params = Json::trusted(std::string(given));
    if (protocol::era(revision) == protocol::Era::modern) {
      Json meta = params.find("_meta").value_or(Json::object());
      params.set("_meta",
                 meta.set("io.modelcontextprotocol/clientCapabilities", Json::trusted(capabilities)));
    }
    const std::string bytes = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) +
                              R"(","params":)" + params.text() + "}";
    const auto message = protocol::parse_message(bytes);
    if (!message) return {};
    pipeline::Call call;
    call.bytes = bytes;
    call.message = &*message;
    call.revision = revision;
    call.principal = &principal;
    call.events = this;
    if (protocol::era(revision) == protocol::Era::legacy) call.client = this;
    call.started = loop.now();
    const Result<pipeline::Reply> reply = run(loop, host.call(call));
    std::string text;
    if (reply) transport::ResponseText(*reply, "1", revision).append_line(text);
    return Json::parse(text).value_or(Json());
  }
  Json call_tool(std::string_view name, std::string_view arguments = "{}") {
    return ask("tools/call",
               R"({"name":")" + std::string(name) + R"(","arguments":)" + std::string(arguments) + "}");
  }

  void client_leaves() { session::Client::questions.end(); }
  void session_ends() { session::Client::tasks.clear(); }

  // The value behind these keys and indexes; null if there is none.
  static Json at(Json value, std::initializer_list<std::string_view> path) {
    for (const std::string_view step : path) {
      if (value.is_array()) {
        const auto elements = value.elements();
        const std::size_t index = std::stoul(std::string(step));
        if (index >= elements.size()) return {};
        value = elements[index];
      } else {
        value = value.find(step).value_or(Json());
      }
    }
    return value;
  }
  static std::string text_at(const Json& value, std::initializer_list<std::string_view> path) {
    return at(value, path).as_string().value_or("");
  }

 private:
  void notify(std::string_view message) override { notified.emplace_back(message); }
  void request(std::string_view message) override {
    questions.push_back(*Json::parse(message));
    if (!respond) return;
    const std::string bytes = respond(questions.back()).text();
    if (const auto response = protocol::parse_message(bytes))
      session::Client::questions.answered(*response, bytes);
  }
  void resource_updated(std::string_view uri) override { notified.emplace_back(uri); }
  void task_changed(std::string_view members) override {
    tasks_told.push_back(*Json::parse("{" + std::string(members) + "}"));
  }
  void tell(std::string_view notification) override { told.emplace_back(notification); }
  std::string_view identity() const noexcept override { return session_name; }
};

}  // namespace sallyport::testing
