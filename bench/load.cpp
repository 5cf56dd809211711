// bench-load: asks an MCP endpoint over HTTP as fast as it answers or at a fixed rate, checks every answer,
// reports JSON.

#include "answer_check.hpp"
#include "http_reader.hpp"
#include "load_options.hpp"
#include "measurement.hpp"
#include "requests.hpp"
#include "socket.hpp"

#include <array>
#include <charconv>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/timerfd.h>

namespace sallyport::bench {
namespace {

struct Options : LoadOptions {
  std::size_t connections = 1;
  double duration = 0;         // seconds, instead of a number of requests
  double rate = 0;             // requests a second; 0: closed loop
  std::uint64_t sessions = 0;  // open so many legacy sessions, leave them, measure nothing
  int core = -1;
};

enum class Phase { initializing, announcing, idle, asking };

struct Connection {
  Fd fd;
  HttpReader reader;
  Phase phase = Phase::idle;
  RequestTemplate initialize;
  RequestTemplate announce;
  RequestTemplate ask;
  Nanoseconds due = 0;  // when the request in flight was to be sent
};

class Load {
 public:
  explicit Load(Options options)
      : options_(std::move(options)),
        check_(options_.expected),
        measurement_(options_.cpu_of),
        connections_(options_.connections) {
    epoll_set(epoll_, EPOLL_CTL_ADD, timer_.get(), EPOLLIN, timer_token);
  }

  /// True when every answer was right.
  bool run() {
    for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
    std::array<epoll_event, 256> events{};
    while (!finished()) {
      const int count =
          ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), options_.stall_ms());
      if (count == 0) {
        faults_.add("stalled: no answer came");
        break;
      }
      for (int i = 0; i < count && !finished(); ++i) {
        const std::uint64_t token = events[static_cast<std::size_t>(i)].data.u64;
        token == timer_token ? on_timer() : on_readable(token);
      }
    }
    measurement_.stop();
    return faults_.count() == 0;
  }

  void report() const {
    if (options_.sessions > 0) {
      fmt::print(R"({{"sessions":{},"errors":{},"first_error":"{}"}})"
                 "\n",
                 sessions_, faults_.count(), faults_.first());
    } else {
      measurement_.report(faults_);
    }
  }

 private:
  static constexpr std::uint64_t timer_token = ~std::uint64_t{0};

  bool finished() const {
    if (faults_.too_many()) return true;
    if (options_.sessions > 0) return sessions_ >= options_.sessions;
    if (!measurement_.running()) return false;
    if (options_.duration > 0)
      return now() >= measurement_.started() + static_cast<Nanoseconds>(options_.duration * 1e9);
    return measurement_.count() >= options_.requests;
  }

  void open(std::size_t place) {
    Connection& connection = connections_[place] = Connection();
    connection.fd = connect_to(options_.target.port);
    epoll_set(epoll_, EPOLL_CTL_ADD, connection.fd.get(), EPOLLIN, place);
    if (options_.target.era == Era::modern) {
      connection.ask = measured_request(options_.target, {});
      ready(place);
    } else {
      initialize(connection);
    }
  }

  void initialize(Connection& connection) {
    if (options_.sessions > 0 && initialized_++ >= options_.sessions) return;
    connection.phase = Phase::initializing;
    connection.initialize = initialize_request(options_.target);
    send(connection, connection.initialize.with_id(next_id_++));
  }

  static void send(const Connection& connection, std::string_view bytes) {
    const ssize_t count = ::send(connection.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    // A request is far smaller than a socket's buffer. A connection that the peer closed is seen when it is
    // read.
    if (count >= 0 && static_cast<std::size_t>(count) != bytes.size()) die("a request was sent in part");
  }

  void on_readable(std::size_t place) {
    Connection& connection = connections_[place];
    const auto room = connection.reader.room();
    const ssize_t count = ::recv(connection.fd.get(), room.data(), room.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0 || connection.reader.broken()) {
      if (connection.phase != Phase::idle) faults_.add("the connection ended before the answer");
      reopen(place);
      return;
    }
    connection.reader.filled(static_cast<std::size_t>(count));
    if (!connection.reader.complete()) return;
    on_answer(place);
  }

  void reopen(std::size_t place) {
    std::erase(idle_, place);
    if (!faults_.too_many()) open(place);
  }

  void on_answer(std::size_t place) {
    Connection& connection = connections_[place];
    switch (connection.phase) {
      case Phase::initializing:
        announce(connection);
        break;
      case Phase::announcing:
        if (!connection.reader.start_line().starts_with("HTTP/1.1 202")) {
          faults_.add(fmt::format("initialized: {}", connection.reader.start_line()));
        }
        connection.reader.next();
        connection.phase = Phase::idle;
        ++sessions_;
        options_.sessions > 0 ? initialize(connection) : ready(place);
        break;
      case Phase::asking:
        take_answer(connection);
        connection.reader.next();
        ready(place);
        break;
      case Phase::idle:
        faults_.add("an answer that nobody asked for");
        reopen(place);
        break;
    }
  }

  void announce(Connection& connection) {
    const std::string session(connection.reader.header("mcp-session-id"));
    if (session.empty()) {
      faults_.add(fmt::format("initialize: no session: {}", connection.reader.start_line()));
    }
    connection.announce = initialized_notification(options_.target, session);
    connection.ask = measured_request(options_.target, session);
    connection.phase = Phase::announcing;
    connection.reader.next();
    send(connection, connection.announce.with_id(0));
  }

  void take_answer(const Connection& connection) {
    std::string wrong;
    if (connection.reader.start_line().starts_with("HTTP/1.1 200")) {
      wrong = check_.check(connection.reader.body(), connection.ask.id());
    } else {
      wrong = fmt::format("{}: {}", connection.reader.start_line(), connection.reader.body().substr(0, 300));
    }
    if (!wrong.empty()) faults_.add(std::move(wrong));
    if (measurement_.running()) measurement_.add(now() - connection.due);
    ++answered_;
    if (started_ && answered_ == options_.warmup) measurement_.start();
  }

  /// A connection can take the next request. The first is sent when all connections can.
  void ready(std::size_t place) {
    connections_[place].phase = Phase::idle;
    idle_.push_back(place);
    if (!started_) {
      if (idle_.size() < connections_.size()) return;
      started_ = now();
      if (options_.warmup == 0) measurement_.start();
    }
    dispatch();
  }

  Nanoseconds due(std::uint64_t request) const {
    return *started_ + static_cast<Nanoseconds>(static_cast<double>(request) * 1e9 / options_.rate);
  }

  /// Sends what is due on the connections that are idle; a request that finds none waits, and its waiting
  /// counts.
  void dispatch() {
    // The last requests are not followed by others: a connection closed under one would be a cancellation.
    while (!idle_.empty() && (options_.duration > 0 || issued_ < options_.warmup + options_.requests)) {
      const Nanoseconds time = now();
      const Nanoseconds scheduled = options_.rate > 0 ? due(issued_) : time;
      if (scheduled > time) return set_timer(scheduled);
      Connection& connection = connections_[idle_.front()];
      idle_.pop_front();
      connection.phase = Phase::asking;
      connection.due = scheduled;
      ++issued_;
      send(connection, connection.ask.with_id(next_id_++));
    }
  }

  void set_timer(Nanoseconds time) {
    itimerspec spec{};
    spec.it_value.tv_sec = static_cast<time_t>(time / 1'000'000'000);
    spec.it_value.tv_nsec = static_cast<long>(time % 1'000'000'000);
    checked(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr), "timerfd_settime");
  }

  void on_timer() {
    std::uint64_t expirations = 0;
    if (::read(timer_.get(), &expirations, sizeof expirations) > 0) dispatch();
  }

  Options options_;
  AnswerCheck check_;
  Faults faults_;
  Measurement measurement_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  std::optional<Nanoseconds> started_;
  std::uint64_t next_id_ = RequestTemplate::first_id;
  std::uint64_t issued_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t initialized_ = 0;  // sessions asked for, with --sessions
  std::uint64_t sessions_ = 0;
  Fd epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
  Fd timer_{checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")};
};

/// http://127.0.0.1:PORT/PATH, the only form there is here.
bool read_url(std::string_view url, Target& target) {
  constexpr std::string_view start = "http://127.0.0.1:";
  if (!url.starts_with(start)) return false;
  url.remove_prefix(start.size());
  const auto [end, error] = std::from_chars(url.data(), url.data() + url.size(), target.port);
  target.path = url.substr(static_cast<std::size_t>(end - url.data()));
  return error == std::errc() && target.path.starts_with('/');
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  using namespace sallyport::bench;
  Options options;
  std::string url;
  std::string era = "modern";
  std::size_t result_bytes = 0;
  CLI::App app("Loads an MCP endpoint over HTTP and checks every answer; prints one JSON object.");
  app.add_option("--url", url, "http://127.0.0.1:PORT/PATH")->required();
  app.add_option("--era", era, "modern, or legacy with a session per connection")
      ->check(CLI::IsMember({"modern", "legacy"}));
  app.add_option("--method", options.target.method, "what is asked")
      ->check(CLI::IsMember({"tools/call", "tools/list"}));
  add_options(app, options);
  app.add_option("--result-bytes", result_bytes, "size of a call's text");
  app.add_option("--tools", options.expected.tools, "tools that a list must hold");
  app.add_option("--connections", options.connections, "requests in flight at most")
      ->check(CLI::Range(1, 100000));
  app.add_option("--duration", options.duration, "seconds of measurement, instead of --requests");
  app.add_option("--rate", options.rate,
                 "requests a second, on a schedule; without it: as fast as they are answered");
  app.add_option("--sessions", options.sessions, "only open so many legacy sessions and leave them");
  app.add_option("--core", options.core, "run on this core only");
  CLI11_PARSE(app, argc, argv);
  options.target.era = era == "legacy" || options.sessions > 0 ? Era::legacy : Era::modern;
  options.expected.text = result_text(result_bytes);
  if (options.target.calls()) options.expected.tools = 0;
  if (!read_url(url, options.target) ||
      (options.requests == 0 && options.duration <= 0 && options.sessions == 0)) {
    fmt::print(stderr,
               "bench-load: an URL http://127.0.0.1:PORT/PATH and --requests, --duration or --sessions are "
               "needed\n");
    return 2;
  }
  if (options.core >= 0) pin_to_core(options.core);
  return run<Load>(std::move(options));
}
