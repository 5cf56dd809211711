#include "telemetry/audit_log.hpp"

#include "task/group.hpp"
#include "telemetry/audit_file.hpp"
#include "telemetry/audit_record.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace sallyport::telemetry {
namespace {

constexpr std::chrono::seconds sync_every{1};
constexpr std::chrono::seconds try_again{1};
constexpr std::chrono::seconds longest_close{5};
constexpr std::size_t batch_size = std::size_t{256} << 10;
// Where no call waits for its record, the writer collects before it writes: being woken for each record would
// cost the I/O thread as much as a call.
constexpr std::chrono::milliseconds collecting{2};

using Written = std::shared_ptr<task::Slot<bool>>;

struct Item {
  std::string fields;
  Written waiter;  // null: nobody waits
};

Error not_written() {
  return Error(Code::system_unavailable)
      .with_executed(Executed::no)
      .with_can_retry(true)
      .with_retry_after(std::chrono::seconds(5))
      .with_slot(Slot::constraint, "the audit record cannot be written");
}

}  // namespace

// Shared with the worker, so that one that hangs in a write can be left behind.
struct AuditLog::State {
  State(task::Loop& owner, AuditSettings wanted, AuditFile opened)
      : loop(&owner), name(std::move(wanted.file)), refuse(wanted.refuse), file(std::move(opened)) {}

  void run();
  void write(std::deque<Item>& batch);
  std::string compose(std::deque<Item>& batch, std::size_t count, audit::Head& head) const;
  void fail(int why, std::uint64_t records);
  void succeed(std::uint64_t records);
  void tell(std::deque<Item>& batch, std::size_t count, bool written);
  void move_to_new_file();
  bool enqueue(Item item);

  task::Loop* loop;
  const std::string name;
  std::atomic<bool> refuse;

  // The worker's.
  AuditFile file;
  std::string told_first;  // a record of the writer itself that goes before the next
  bool unsynced = false;
  SteadyTime synced{};

  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable closed;
  std::deque<Item> queue;
  std::size_t queued_bytes = 0;
  bool reopening = false;
  bool closing = false;
  bool done = false;
  bool closed_once = false;

  std::atomic<bool> healthy{true};
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> untold{0};  // lost, and not yet told in the chain
};

Result<std::unique_ptr<AuditLog>> AuditLog::open(task::Loop& loop, Registry& metrics,
                                                 AuditSettings settings) {
  AuditFile file = TRY(AuditFile::open(settings.file));
  const auto state = std::make_shared<State>(loop, std::move(settings), std::move(file));
  state->told_first = audit::start_fields(loop.clock().system_now(), state->file.torn());
  metrics.sampled(metrics::audit_records, [state] { return static_cast<double>(state->written.load()); });
  metrics.sampled(metrics::audit_lost, [state] { return static_cast<double>(state->lost.load()); });
  metrics.sampled(metrics::audit_healthy, [state] { return state->healthy.load() ? 1.0 : 0.0; });
  std::deque<Item> nothing;
  state->write(nothing);
  log::info("audit", {{"file", state->name},
                      {"on_failure", state->refuse ? "refuse" : "continue"},
                      {"seq", state->file.head().seq},
                      {"hash", audit::hash_text(state->file.head().hash)},
                      {"torn_bytes", state->file.torn()}});
  return std::unique_ptr<AuditLog>(new AuditLog(loop, state));
}

AuditLog::AuditLog(task::Loop& loop, std::shared_ptr<State> state) : loop_(&loop), state_(std::move(state)) {
  std::thread([shared = state_] { shared->run(); }).detach();  // close() waits for its end
}

AuditLog::~AuditLog() {
  close();
}

const std::string& AuditLog::file() const noexcept {
  return state_->name;
}
bool AuditLog::refuses() const noexcept {
  return state_->refuse.load();
}
void AuditLog::set_refuses(bool refuse) noexcept {
  state_->refuse.store(refuse);
}
bool AuditLog::closed() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->closed_once;
}
bool AuditLog::healthy() const noexcept {
  return state_->healthy.load();
}

bool AuditLog::State::enqueue(Item item) {
  const std::lock_guard lock(mutex);
  if (closing || queued_bytes + item.fields.size() > max_queued) return false;
  queued_bytes += item.fields.size();
  queue.push_back(std::move(item));
  if (queue.size() == 1 || queued_bytes >= batch_size) wake.notify_one();
  return true;
}

void AuditLog::record(std::string fields) {
  if (state_->enqueue({std::move(fields), nullptr})) return;
  ++state_->lost;
  ++state_->untold;
}

Task<void> AuditLog::require(std::string fields) {
  const auto written = std::make_shared<task::Slot<bool>>(*loop_);
  if (!state_->enqueue({std::move(fields), written})) {
    ++state_->lost;
    ++state_->untold;
    co_return Failure(not_written());
  }
  const Result<bool> done = co_await task::with_deadline(
      loop_->timers(), loop_->now() + patience, written->take(), [](const Error&) { return not_written(); });
  if (!done) co_return Failure(done.error());
  if (!*done) co_return Failure(not_written());
  co_return ok();
}

void AuditLog::reopen() {
  const std::lock_guard lock(state_->mutex);
  state_->reopening = true;
  state_->wake.notify_one();
}

void AuditLog::close() {
  std::unique_lock lock(state_->mutex);
  if (std::exchange(state_->closed_once, true)) return;
  state_->closing = true;
  state_->wake.notify_one();
  if (!state_->closed.wait_for(lock, longest_close, [this] { return state_->done; }))
    log::error("the audit file does not answer: its last records may be missing", {});
}

void AuditLog::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    const auto called = [this] { return closing || reopening || !queue.empty(); };
    if (unsynced || !healthy.load() || untold.load() > 0) {
      wake.wait_for(lock, unsynced ? sync_every : try_again, called);
    } else {
      wake.wait(lock, called);
    }
    if (!refuse.load())
      wake.wait_for(lock, collecting, [this] { return closing || queued_bytes >= batch_size; });
    const bool last = closing;
    const bool moving = std::exchange(reopening, false);
    std::deque<Item> batch = std::exchange(queue, {});
    queued_bytes = 0;
    lock.unlock();
    const bool idle = batch.empty();
    if (!idle || !healthy.load() || untold.load() > 0) write(batch);
    if (moving && !last) move_to_new_file();
    if (last) {
      told_first = audit::end_fields(loop->clock().system_now(), written.load(), lost.load());
      std::deque<Item> nothing;
      write(nothing);
    }
    const SteadyTime now = loop->clock().now();
    if (unsynced && (idle || last || now - synced >= sync_every)) {
      file.sync();
      unsynced = false;
      synced = now;
    }
    lock.lock();
    if (last) break;
  }
  log::info("audit ended", {{"seq", file.head().seq}, {"hash", audit::hash_text(file.head().hash)}});
  file.close();
  done = true;
  closed.notify_all();
}

// The lines of the first records, behind what is to be told about the file itself.
std::string AuditLog::State::compose(std::deque<Item>& batch, std::size_t count, audit::Head& head) const {
  std::string lines;
  if (!told_first.empty()) lines += audit::seal(told_first, head);
  const std::uint64_t missing = untold.load();
  if (missing > 0 || (told_first.empty() && file.torn() > 0)) {
    lines += audit::seal(
        audit::gap_fields(loop->clock().system_now(), missing, told_first.empty() ? file.torn() : 0), head);
  }
  for (std::size_t i = 0; i < count; ++i) lines += audit::seal(batch[i].fields, head);
  return lines;
}

void AuditLog::State::write(std::deque<Item>& batch) {
  do {
    std::size_t count = 0;
    for (std::size_t bytes = 0; count < batch.size() && bytes < batch_size; ++count)
      bytes += batch[count].fields.size();
    const std::uint64_t missing = untold.load();
    audit::Head head = file.head();
    const std::string lines = compose(batch, count, head);
    if (lines.empty()) return;
    const int failed = file.append(lines, head);
    if (failed != 0) {
      fail(failed, count);
    } else {
      told_first.clear();
      untold -= missing;
      unsynced = true;
      succeed(count);
    }
    tell(batch, count, failed == 0);
    batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  } while (!batch.empty());
}

void AuditLog::State::fail(int why, std::uint64_t records) {
  lost += records;
  untold += records;
  if (healthy.exchange(false)) {
    log::error("audit records cannot be written",
               {{"file", name}, {"why", std::strerror(why)}, {"calls", refuse.load() ? "refused" : "go on"}});
  }
}

void AuditLog::State::succeed(std::uint64_t records) {
  written += records;
  if (!healthy.exchange(true)) log::warn("audit records are written again", {{"lost", lost.load()}});
}

// One trip to the loop for all who wait.
void AuditLog::State::tell(std::deque<Item>& batch, std::size_t count, bool success) {
  std::vector<Written> waiting;
  for (std::size_t i = 0; i < count; ++i) {
    if (batch[i].waiter) waiting.push_back(std::move(batch[i].waiter));
  }
  if (waiting.empty()) return;
  loop->post([waiting = std::move(waiting), success] {
    for (const Written& slot : waiting) slot->fill(success);
  });
}

void AuditLog::State::move_to_new_file() {
  if (file.is(name)) return;
  told_first = audit::rotated_fields(loop->clock().system_now());
  std::deque<Item> nothing;
  write(nothing);
  file.sync();
  told_first.clear();
  auto fresh = AuditFile::open(name, file.head());
  if (fresh && fresh->head() != file.head()) {
    fresh = Failure(
        Error(Code::config_invalid).with_developer_message("the new file already holds a chain of its own"));
  }
  if (!fresh) {
    log::error("the audit file cannot be opened anew: the old one goes on",
               {{"file", name}, {"error", fresh.error()}});
    return;
  }
  file = std::move(*fresh);
  told_first = audit::continued_fields(loop->clock().system_now(), file.torn());
  write(nothing);
  log::info("audit file opened anew", {{"file", name}, {"seq", file.head().seq}});
}

}  // namespace sallyport::telemetry
