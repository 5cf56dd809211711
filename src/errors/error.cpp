#include "errors/error.hpp"

#include "base/strings.hpp"
#include "errors/authored.hpp"
#include "errors/redact.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <utility>

namespace sallyport {
namespace {

// An error is made of what hostile peers cause: nothing in it grows without a bound.
constexpr std::size_t max_developer_bytes = 512;
constexpr std::size_t max_note_bytes = 256;
constexpr std::size_t max_notes = 16;
constexpr std::size_t max_extras = 32;
constexpr std::size_t max_value_bytes = 256;
constexpr std::uint32_t max_causes = 16;

constexpr std::array<std::string_view, 3> executed_names = {"no", "maybe", "yes"};
constexpr std::array<std::string_view, 8> phase_names = {"spawn", "resolve", "connect", "tls",
                                                         "send",  "wait",    "receive", "decode"};

}  // namespace

std::string_view name(Executed executed) noexcept {
  return executed_names[static_cast<std::size_t>(executed)];
}
std::string_view name(Phase phase) noexcept {
  return phase_names[static_cast<std::size_t>(phase)];
}

struct Error::Rep {
  Rep(Code c, std::source_location where) : code(c), origin{{}, where} {}
  // A copy is somebody's own: the count starts anew.
  Rep(const Rep& other)
      : code(other.code),
        kind(other.kind),
        executed(other.executed),
        can_retry(other.can_retry),
        phase(other.phase),
        depth(other.depth),
        attempts(other.attempts),
        status_code(other.status_code),
        wire_status(other.wire_status),
        retry_after(other.retry_after),
        developer_message(other.developer_message),
        origin(other.origin),
        notes(other.notes),
        extras(other.extras),
        slots(other.slots),
        cause(other.cause),
        spec_data(other.spec_data),
        authored(other.authored) {}

  std::atomic<std::uint32_t> count = 1;
  Code code;
  std::optional<Kind> kind;
  Executed executed = Executed::maybe;
  std::optional<bool> can_retry;
  std::optional<Phase> phase;
  std::uint32_t depth = 0;  // how many causes hang below
  int attempts = 0;
  std::optional<int> status_code;
  std::optional<int> wire_status;
  std::optional<std::chrono::milliseconds> retry_after;
  std::string developer_message;
  Note origin;
  std::vector<Note> notes;  // empty, or the origin and what followed it: most errors are never noted
  std::vector<Extra> extras;
  std::vector<std::pair<Slot, SlotValue>> slots;
  std::optional<Error> cause;
  std::string spec_data;
  std::shared_ptr<const Authored> authored;
};

Error::Error(Code code, std::source_location where) : rep_(new Rep(code, where)) {}

Error::Error(const Error& other) noexcept : rep_(other.rep_) {
  if (rep_ != nullptr) rep_->count.fetch_add(1, std::memory_order_relaxed);
}

Error::Error(Error&& other) noexcept : rep_(std::exchange(other.rep_, nullptr)) {}

Error& Error::operator=(const Error& other) noexcept {
  Error copy(other);
  std::swap(rep_, copy.rep_);
  return *this;
}

Error& Error::operator=(Error&& other) noexcept {
  Error taken(std::move(other));
  std::swap(rep_, taken.rep_);
  return *this;
}

Error::~Error() {
  if (rep_ != nullptr && rep_->count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete rep_;
}

Error::Rep& Error::own() {
  if (rep_->count.load(std::memory_order_acquire) != 1) {
    Rep* mine = new Rep(*rep_);  // our own count keeps the old one alive until here
    if (rep_->count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete rep_;
    rep_ = mine;
  }
  return *rep_;
}

Code Error::code() const noexcept {
  return rep_->code;
}
Kind Error::kind() const noexcept {
  return rep_->kind.value_or(row().kind);
}
const CatalogRow& Error::row() const noexcept {
  return sallyport::row(rep_->code);
}
Executed Error::executed() const noexcept {
  return rep_->executed;
}
bool Error::can_retry() const noexcept {
  return rep_->can_retry.value_or(row().can_retry);
}
std::optional<Phase> Error::phase() const noexcept {
  return rep_->phase;
}
std::optional<std::chrono::milliseconds> Error::retry_after() const noexcept {
  return rep_->retry_after;
}
std::optional<int> Error::status_code() const noexcept {
  return rep_->status_code;
}
std::optional<int> Error::wire_status() const noexcept {
  return rep_->wire_status;
}
int Error::attempts() const noexcept {
  return rep_->attempts;
}
std::string_view Error::developer_message() const noexcept {
  return rep_->developer_message;
}
std::span<const Extra> Error::extras() const noexcept {
  return rep_->extras;
}
const Error* Error::cause() const noexcept {
  return rep_->cause ? &*rep_->cause : nullptr;
}
std::string_view Error::spec_data() const noexcept {
  return rep_->spec_data;
}

const Authored* Error::authored() const noexcept {
  return rep_->authored.get();
}

std::span<const Note> Error::notes() const noexcept {
  if (rep_->notes.empty()) return {&rep_->origin, 1};
  return rep_->notes;
}

const SlotValue* Error::slot(Slot slot) const noexcept {
  for (const auto& [key, value] : rep_->slots) {
    if (key == slot) return &value;
  }
  return nullptr;
}

Error& Error::with_kind(Kind kind) & {
  own().kind = kind;
  return *this;
}

Error& Error::with_executed(Executed executed) & {
  own().executed = executed;
  return *this;
}

Error& Error::with_can_retry(bool can_retry) & {
  own().can_retry = can_retry;
  return *this;
}

Error& Error::with_phase(Phase phase) & {
  own().phase = phase;
  return *this;
}

Error& Error::with_retry_after(std::chrono::milliseconds delay) & {
  own().retry_after = std::max(delay, std::chrono::milliseconds(0));
  return *this;
}

Error& Error::with_status_code(int status) & {
  own().status_code = status;
  return *this;
}

Error& Error::with_wire_status(int status) & {
  own().wire_status = status;
  return *this;
}

Error& Error::with_attempts(int attempts) & {
  own().attempts = attempts;
  return *this;
}

Error& Error::with_developer_message(std::string_view text) & {
  std::string redacted = redact_text(text, max_developer_bytes);  // first: the text may be our own
  own().developer_message = std::move(redacted);
  return *this;
}

// A chain at its bound keeps both ends: the newest failure and the root; the link between them that gives way
// is the one just below the new head.
Error& Error::with_cause(Error cause) & {
  if (cause.rep_->depth + 1 > max_causes) {
    Error below = *cause.rep_->cause;
    cause = std::move(below);
  }
  Rep& rep = own();
  rep.depth = cause.rep_->depth + 1;
  rep.cause = std::move(cause);
  return *this;
}

namespace {

template <class Value>
void set_slot(std::vector<std::pair<Slot, SlotValue>>& slots, Slot slot, Value value) {
  for (auto& [key, old] : slots) {
    if (key == slot) {
      old = std::move(value);
      return;
    }
  }
  slots.emplace_back(slot, std::move(value));
}

}  // namespace

Error& Error::with_slot(Slot slot, std::string_view value) & {
  std::string kept(clip(value, max_value_bytes));
  set_slot(own().slots, slot, std::move(kept));
  return *this;
}

Error& Error::with_slot(Slot slot, std::int64_t value) & {
  set_slot(own().slots, slot, value);
  return *this;
}

Error& Error::with_extra(std::string_view key, std::variant<bool, std::int64_t, std::string> value) & {
  if (auto* text = std::get_if<std::string>(&value)) text->resize(clip(*text, max_value_bytes).size());
  std::string name(key);
  Rep& rep = own();
  for (Extra& extra : rep.extras) {
    if (extra.key == name) {
      extra.value = std::move(value);
      return *this;
    }
  }
  if (rep.extras.size() < max_extras) rep.extras.push_back({std::move(name), std::move(value)});
  return *this;
}

Error& Error::with_spec_data(std::string json_object) & {
  own().spec_data = std::move(json_object);
  return *this;
}

Error& Error::with_authored(Authored authored) & {
  auto kept = std::make_shared<const Authored>(bounded(std::move(authored)));
  own().authored = std::move(kept);
  return *this;
}

Error& Error::note(std::string_view text, std::source_location where) & {
  std::string redacted = redact_text(text, max_note_bytes);
  Rep& rep = own();
  if (rep.notes.empty()) rep.notes.push_back(rep.origin);
  if (rep.notes.size() < max_notes) rep.notes.push_back({std::move(redacted), where});
  return *this;
}

}  // namespace sallyport
