// bench-upstream: a trivially fast MCP server of both eras, over HTTP/1.1 keep-alive or stdio, to be proxied
// by what is measured. It reads messages of our own load generator, of nginx and of the gateway only: it
// validates nothing.

#include "answer_check.hpp"
#include "http_reader.hpp"
#include "json_view.hpp"
#include "socket.hpp"

#include <array>
#include <csignal>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/uio.h>

namespace sallyport::bench {
namespace {

struct Options {
  std::uint16_t port = 0;
  std::size_t result_bytes = 256;
  std::size_t tools = 1;
  std::string era = "both";
  bool stdio = false;
  int core = -1;
};

/// An answer is `head_of_body`, the request's id as written, `tail`: a large result is never copied.
struct Answer {
  int status = 200;
  std::string_view id;
  std::string_view tail;  // empty: no body
  bool opens_session = false;
};

constexpr std::string_view head_of_body = R"({"jsonrpc":"2.0","id":)";

class Server {
 public:
  explicit Server(const Options& options)
      : legacy_(options.era != "modern"), modern_(options.era != "legacy"), stdio_(options.stdio) {
    const std::string server =
        R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"bench","version":"1"}})";
    const std::string content =
        fmt::format(R"("content":[{{"type":"text","text":"{}"}}])", result_text(options.result_bytes));
    const std::string tools = list_of_tools(options.tools);
    const std::string cached = R"("resultType":"complete","ttlMs":3600000,"cacheScope":"public",)" + server;
    discover_ = result(R"("supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},)" + cached);
    initialize_ = result(
        R"("protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1"})");
    legacy_list_ = result(tools);
    modern_list_ = result(tools + ',' + cached);
    legacy_call_ = result(content);
    modern_call_ = result(content + R"(,"resultType":"complete",)" + server);
    empty_ = result("");
  }

  /// The answer to one message. Its spans live as long as the message and this server.
  Answer answer(std::string_view message) const {
    const auto id = member(message, "id");
    const auto method = member(message, "method");
    if (id.empty()) return {.status = 202, .id = {}, .tail = {}};
    const bool modern = message.find(R"("io.modelcontextprotocol/protocolVersion")") != message.npos;
    if (modern ? !modern_ : !legacy_) return refuse_era(id, modern);
    if (method == R"("tools/call")") return {.id = id, .tail = modern ? modern_call_ : legacy_call_};
    if (method == R"("tools/list")") return {.id = id, .tail = modern ? modern_list_ : legacy_list_};
    if (method == R"("server/discover")" && modern) return {.id = id, .tail = discover_};
    if (method == R"("initialize")") return {.id = id, .tail = initialize_, .opens_session = true};
    if (method == R"("ping")" && !modern) return {.id = id, .tail = empty_};
    return {.status = modern ? 404 : 200, .id = id, .tail = unknown_method_};
  }

 private:
  static std::string result(std::string_view members) {
    return fmt::format(R"(,"result":{{{}}}}})", members);
  }

  static std::string list_of_tools(std::size_t count) {
    std::string tools = R"("tools":[)";
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = i == 0 ? "echo" : fmt::format("tool_{:04}", i);
      fmt::format_to(
          std::back_inserter(tools),
          R"({}{{"name":"{}","description":"Answers with a text of fixed size, whatever it is given.",)"
          R"("inputSchema":{{"type":"object","properties":{{"text":{{"type":"string"}}}}}}}})",
          i == 0 ? "" : ",", name);
    }
    return tools + ']';
  }

  /// What a server of one era says to a client of the other (reference/mcp-wire.md 3.3).
  Answer refuse_era(std::string_view id, bool modern) const {
    if (!modern) return {.status = 400, .id = id, .tail = modern_only_};
    return {.status = 400, .id = id, .tail = stdio_ ? unknown_method_ : not_initialized_};
  }

  static constexpr std::string_view unknown_method_ =
      R"(,"error":{"code":-32601,"message":"Method not found"}})";
  static constexpr std::string_view not_initialized_ =
      R"(,"error":{"code":-32000,"message":"Bad Request: Server not initialized"}})";
  static constexpr std::string_view modern_only_ =
      R"(,"error":{"code":-32022,"message":"Unsupported protocol version",)"
      R"("data":{"supported":["2026-07-28"],"requested":"2025-11-25"}}})";

  bool legacy_;
  bool modern_;
  bool stdio_;
  std::string discover_;
  std::string initialize_;
  std::string legacy_list_;
  std::string modern_list_;
  std::string legacy_call_;
  std::string modern_call_;
  std::string empty_;
};

/// One HTTP connection: a request, its answer, the next request.
class Connection {
 public:
  Connection(Fd fd, const Server& server) : fd_(std::move(fd)), server_(server) {}

  int fd() const { return fd_.get(); }
  /// The epoll events that it waits for: while an answer is stuck nothing is read.
  std::uint32_t wanted() const { return unsent_.empty() ? EPOLLIN : EPOLLOUT; }

  /// Does what can be done at once; false when the connection is over.
  bool advance() { return unsent_.empty() ? receive() : flush(); }

 private:
  bool receive() {
    const auto room = reader_.room();
    const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), 0);
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    reader_.filled(static_cast<std::size_t>(count));
    return answer_all();
  }

  bool flush() {
    const ssize_t count = ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN;
    unsent_.erase(0, static_cast<std::size_t>(count));
    return !unsent_.empty() || answer_all();
  }

  bool answer_all() {
    while (unsent_.empty() && reader_.complete()) {
      if (!reply(answer())) return false;
      reader_.next();
    }
    return !reader_.broken();
  }

  Answer answer() const {
    if (reader_.start_line().starts_with("POST ")) return server_.answer(reader_.body());
    const bool deleted = reader_.start_line().starts_with("DELETE ");
    return {.status = deleted ? 200 : 405, .id = {}, .tail = {}};
  }

  bool reply(const Answer& answer) {
    const bool empty = answer.tail.empty();
    const std::size_t size = empty ? 0 : head_of_body.size() + answer.id.size() + answer.tail.size();
    fmt::memory_buffer head;
    const auto out = std::back_inserter(head);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", answer.status, answer.status < 300 ? "OK" : "Refused");
    if (answer.opens_session) fmt::format_to(out, "Mcp-Session-Id: bench-{}\r\n", fd_.get());
    if (!empty) fmt::format_to(out, "Content-Type: application/json\r\n");
    fmt::format_to(out, "Content-Length: {}\r\n\r\n", size);
    if (!empty) fmt::format_to(out, "{}{}", head_of_body, answer.id);
    return send({head.data(), head.size()}, answer.tail);
  }

  bool send(std::string_view first, std::string_view second) {
    const std::array<iovec, 2> parts{iovec{const_cast<char*>(first.data()), first.size()},
                                     iovec{const_cast<char*>(second.data()), second.size()}};
    const ssize_t count = ::writev(fd_.get(), parts.data(), 2);
    if (count < 0 && errno != EAGAIN) return false;
    const auto sent = count < 0 ? 0 : static_cast<std::size_t>(count);
    if (sent < first.size()) unsent_ = first.substr(sent);
    unsent_ += second.substr(sent < first.size() ? 0 : sent - first.size());
    return true;
  }

  Fd fd_;
  const Server& server_;
  HttpReader reader_;
  std::string unsent_;
};

/// Every connection, at the place of its descriptor's number, and the epoll that says which may advance.
class Connections {
 public:
  Connections(const Server& server, std::uint16_t port) : server_(server), listener_(listen_on(port)) {
    watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN);
    fmt::print("{}\n", port_of(listener_));
    std::fflush(stdout);
  }

  [[noreturn]] void serve() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = static_cast<int>(events[static_cast<std::size_t>(i)].data.u64);
        fd == listener_.get() ? accept() : advance(open_[static_cast<std::size_t>(fd)]);
      }
    }
  }

 private:
  void watch(int operation, int fd, std::uint32_t events) {
    epoll_set(epoll_, operation, fd, events, static_cast<std::uint64_t>(fd));
  }

  void accept() {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.get() < 0) return;
    set_no_delay(fd.get());
    watch(EPOLL_CTL_ADD, fd.get(), EPOLLIN);
    const auto place = static_cast<std::size_t>(fd.get());
    if (open_.size() <= place) open_.resize(place + 1);
    open_[place] = std::make_unique<Connection>(std::move(fd), server_);
  }

  void advance(std::unique_ptr<Connection>& connection) {
    const auto before = connection->wanted();
    if (!connection->advance()) {
      connection.reset();  // closing takes it out of epoll
    } else if (connection->wanted() != before) {
      watch(EPOLL_CTL_MOD, connection->fd(), connection->wanted());
    }
  }

  const Server& server_;
  Fd listener_;
  Fd epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
  std::vector<std::unique_ptr<Connection>> open_;
};

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) std::exit(0);  // nobody reads any more
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Answers every line until standard input ends; all lines of one read are answered with one write.
void serve_stdio(const Server& server) {
  std::string input;
  std::string output;
  std::array<char, 65536> chunk{};
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    input.append(chunk.data(), static_cast<std::size_t>(count));
    std::size_t start = 0;
    for (std::size_t end = 0; (end = input.find('\n', start)) != input.npos; start = end + 1) {
      const Answer answer = server.answer(std::string_view(input).substr(start, end - start));
      if (!answer.tail.empty()) output.append(head_of_body).append(answer.id).append(answer.tail) += '\n';
    }
    input.erase(0, start);
    write_all(output);
    output.clear();
  }
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  using namespace sallyport::bench;
  Options options;
  CLI::App app("A trivially fast MCP server to measure proxies with.");
  app.add_option("--port", options.port, "TCP port on 127.0.0.1; 0: any, it is printed");
  app.add_option("--result-bytes", options.result_bytes, "size of a call's text");
  app.add_option("--tools", options.tools, "tools that are listed; the first is echo");
  app.add_option("--era", options.era, "what it speaks")->check(CLI::IsMember({"both", "legacy", "modern"}));
  app.add_option("--core", options.core, "run on this core only");
  app.add_flag("--stdio", options.stdio, "serve standard input instead");
  CLI11_PARSE(app, argc, argv);
  if (options.core >= 0) pin_to_core(options.core);
  std::signal(SIGPIPE, SIG_IGN);
  const Server server(options);
  if (options.stdio) {
    serve_stdio(server);
    return 0;
  }
  Connections(server, options.port).serve();
}
