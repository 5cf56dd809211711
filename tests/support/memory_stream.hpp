// Two ends of a connection in memory: small reads and writes, a slow reader, a step that fails, all at the
// test's word.
#pragma once

#include "net/stream.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sallyport::testing {

// How one end behaves. Shared with the test, which may change it while the connection lives.
struct Behaviour {
  std::size_t read_size = static_cast<std::size_t>(-1);   // at most so many bytes a read
  std::size_t write_size = static_cast<std::size_t>(-1);  // and a write
  std::size_t capacity = static_cast<std::size_t>(-1);  // bytes on their way that the other end has not read
  std::optional<int>
      fail_at{};       // this operation (0 is the first) and all behind it fail with connection_reset
  int operations = 0;  // so far: reads, writes and waits for room

  bool fails() noexcept {
    const int number = operations++;
    return fail_at && number >= *fail_at;
  }
};

class MemoryStream final : public net::Stream {
 public:
  struct Pair {
    std::unique_ptr<MemoryStream> first;
    std::unique_ptr<MemoryStream> second;
  };
  static Pair make(task::Loop& loop) {
    auto wire = std::make_shared<Wire>();
    return {std::unique_ptr<MemoryStream>(new MemoryStream(loop, wire, 0)),
            std::unique_ptr<MemoryStream>(new MemoryStream(loop, wire, 1))};
  }
  ~MemoryStream() override {
    mine().reading = mine().writing = nullptr;
    close();
  }

  const std::shared_ptr<Behaviour>& behaviour() noexcept { return mine().behaviour; }

  // For the end that the test holds: what has come, without waiting, and whether the other end will say more.
  std::string take() {
    std::string bytes = std::exchange(mine().incoming, {});
    settle(wire_, 1 - side_);
    return bytes;
  }
  bool ended() const noexcept { return mine().incoming.empty() && other().write_closed; }
  void put(std::string_view bytes) {
    other().incoming.append(bytes);
    settle(wire_, 1 - side_);
  }

  void start_read(std::span<char> buffer, net::Completion& completion) override {
    mine().reading = &completion;
    mine().buffer = buffer;
    if (mine().behaviour->fails()) mine().read_error = std::make_error_code(std::errc::connection_reset);
    settle(wire_, side_);
  }
  void cancel_read() noexcept override {
    if (!mine().reading) return;
    mine().read_error = std::make_error_code(std::errc::operation_canceled);
    settle(wire_, side_);
  }

  net::WriteAttempt try_write(std::span<const iovec> pieces) noexcept override {
    if (mine().write_closed || other().closed) return {0, std::make_error_code(std::errc::broken_pipe)};
    if (mine().behaviour->fails()) return {0, std::make_error_code(std::errc::connection_reset)};
    std::size_t room = std::min(mine().behaviour->write_size, room_for(mine(), other()));
    if (room == 0) return {0, std::make_error_code(std::errc::operation_would_block)};
    std::size_t written = 0;
    for (const iovec& part : pieces) {
      const std::size_t n = std::min(room, part.iov_len);
      other().incoming.append(static_cast<const char*>(part.iov_base), n);
      written += n;
      room -= n;
    }
    settle(wire_, 1 - side_);
    return {written, {}};
  }
  void start_writable(net::Completion& completion) override {
    mine().writing = &completion;
    if (mine().behaviour->fails()) mine().write_error = std::make_error_code(std::errc::connection_reset);
    settle(wire_, side_);
  }
  void cancel_write() noexcept override {
    if (!mine().writing) return;
    mine().write_error = std::make_error_code(std::errc::operation_canceled);
    settle(wire_, side_);
  }
  void abandon_write() noexcept override { mine().writing = nullptr; }

  void shutdown_write() noexcept override {
    mine().write_closed = true;
    settle(wire_, 1 - side_);
  }
  void close() noexcept override {
    mine().closed = true;
    shutdown_write();
    settle(wire_, side_);
  }
  bool readable() const noexcept override {
    return mine().closed || !mine().incoming.empty() || other().write_closed;
  }

 private:
  struct End {
    std::shared_ptr<Behaviour> behaviour = std::make_shared<Behaviour>();
    std::string incoming;
    bool write_closed = false;
    bool closed = false;
    net::Completion* reading = nullptr;
    std::span<char> buffer;
    std::error_code read_error;
    net::Completion* writing = nullptr;
    std::error_code write_error;
    task::Loop* loop = nullptr;
  };
  struct Wire {
    std::array<End, 2> ends;
  };
  using Shared = std::shared_ptr<Wire>;

  MemoryStream(task::Loop& loop, Shared wire, std::size_t side) : wire_(std::move(wire)), side_(side) {
    mine().loop = &loop;
  }
  End& mine() const noexcept { return wire_->ends[side_]; }
  End& other() const noexcept { return wire_->ends[1 - side_]; }

  static std::size_t room_for(const End& from, const End& to) noexcept {
    return from.behaviour->capacity - std::min(from.behaviour->capacity, to.incoming.size());
  }
  static bool read_is_due(const End& end, const End& peer) noexcept {
    return end.reading && (end.read_error || end.closed || !end.incoming.empty() || peer.write_closed);
  }
  static bool write_is_due(const End& end, const End& peer) noexcept {
    return end.writing && (end.write_error || end.closed || peer.closed || room_for(end, peer) > 0);
  }

  // Lets the loop complete what can be completed at one end, and then look again at the other.
  static void settle(const Shared& wire, std::size_t side) {
    const End& end = wire->ends[side];
    const End& peer = wire->ends[1 - side];
    if (!read_is_due(end, peer) && !write_is_due(end, peer)) return;
    end.loop->post([wire, side] {
      complete_write(wire, side);
      complete_read(wire, side);
    });
  }
  static void complete_read(const Shared& wire, std::size_t side) {
    End& end = wire->ends[side];
    if (!read_is_due(end, wire->ends[1 - side])) return;
    net::Completion& completion = *std::exchange(end.reading, nullptr);
    if (const std::error_code error = std::exchange(end.read_error, {})) return completion.done(error, 0);
    if (end.closed) return completion.done(std::make_error_code(std::errc::operation_canceled), 0);
    const std::size_t n = std::min({end.incoming.size(), end.buffer.size(), end.behaviour->read_size});
    std::copy_n(end.incoming.begin(), n, end.buffer.begin());
    end.incoming.erase(0, n);
    settle(wire, 1 - side);
    completion.done({}, n);
  }
  static void complete_write(const Shared& wire, std::size_t side) {
    End& end = wire->ends[side];
    if (!write_is_due(end, wire->ends[1 - side])) return;
    net::Completion& completion = *std::exchange(end.writing, nullptr);
    std::error_code error = std::exchange(end.write_error, {});
    if (!error && end.closed) error = std::make_error_code(std::errc::operation_canceled);
    completion.done(error, 0);
  }

  Shared wire_;
  std::size_t side_;
};

}  // namespace sallyport::testing
