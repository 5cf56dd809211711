// Those whom a channel speaks with, as they keep what they are told.
#pragma once

#include "client/channel.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::testing {

struct Owner final : client::ChannelOwner {
  void channel_lost(const Error& error) override { lost.push_back(error.code()); }
  void list_changed(protocol::Topic) override { ++changes; }
  void garbage(std::string_view kind) override { trash.emplace_back(kind); }
  void late_answer() override { ++late; }
  void resource_updated(std::string_view uri) override { updated.emplace_back(uri); }
  void session_renewed() override { ++renewed; }
  void fault_injected(client::Fault fault) override { faults.push_back(fault); }

  std::vector<std::string> updated;
  std::vector<Code> lost;
  std::vector<std::string> trash;
  std::vector<client::Fault> faults;
  int changes = 0;
  int late = 0;
  int renewed = 0;
};

struct Events final : pipeline::EventSink {
  void notify(std::string_view message) override { all.emplace_back(message); }
  std::vector<std::string> all;
};

struct Questions final : pipeline::QuestionSink {
  void asked(const protocol::Question& question, std::weak_ptr<pipeline::ResponseSink> server) override {
    all.push_back(std::string(question.key) + " " + std::string(protocol::name(question.method)) + " " +
                  std::string(question.params));
    from = std::move(server);
  }
  void withdrawn(std::string_view id) override { all.push_back("withdrawn " + std::string(id)); }
  const void* audience() const noexcept override { return user; }
  std::vector<std::string> all;
  std::weak_ptr<pipeline::ResponseSink> from;
  const void* user = nullptr;
};

}  // namespace sallyport::testing
