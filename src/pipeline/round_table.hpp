// The rounds of calls that came back with answers: each happens once, and what came of it is kept for a
// client that lost it.
#pragma once

#include "net/budget.hpp"
#include "pipeline/call.hpp"
#include "task/wait.hpp"

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

namespace sallyport::pipeline {

class Round {
 public:
  Round(task::Loop& loop, std::string_view answers, SystemTime until)
      : answers_(answers), until_(until), ended_(loop) {}

  // What came of it, once that is known: a copy, whose bytes count in `buffered`. PROTO_012 if its client
  // gave it up, LIMIT_010 if there was no room to keep it.
  Task<Reply> outcome(net::Budget& buffered);

 private:
  friend class RoundTable;
  using Kept = std::variant<std::monostate, std::shared_ptr<const Answer>, Local, Error>;

  std::string answers_;
  SystemTime until_;
  bool over_ = false;
  Kept kept_;
  net::Budget::Charge charge_;
  task::Event ended_;
};

class RoundTable {
 public:
  // `bytes` bounds what is kept.
  RoundTable(task::Loop& loop, net::Budget& bytes) : loop_(&loop), bytes_(&bytes) {}

  enum class Arrival : std::uint8_t { first, again, otherwise };
  struct Arrived {
    Arrival as;
    std::shared_ptr<Round> round;
  };
  // `key` names the round; `answers` stand for what it brings: again with the same ones it is the same round,
  // with others it is none. It is remembered until `until`.
  Arrived arrive(std::string_view key, std::string_view answers, SystemTime until);

  // Says what came of a round that arrived first. One that did not run may arrive anew.
  void end(std::string_view key, const Result<Reply>& reply);

  // Lets go of what was kept longest; false: nothing is kept.
  bool shed();

  std::size_t size() const noexcept { return rounds_.size(); }

  static constexpr std::size_t max_rounds = 16'000;     // that are remembered; the oldest goes first
  static constexpr std::size_t max_kept = 1024 * 1024;  // bytes of one outcome

 private:
  Round::Kept copy(const Reply& reply, net::Budget::Charge& charge);
  bool grow(net::Budget::Charge& charge, std::size_t bytes);
  void forget_old();

  task::Loop* loop_;
  net::Budget* bytes_;
  std::unordered_map<std::string, std::shared_ptr<Round>> rounds_;
  std::deque<std::string> order_;             // of arrival; may name some that are gone
  std::deque<std::weak_ptr<Round>> keeping_;  // likewise, of those that keep something
};

}  // namespace sallyport::pipeline
