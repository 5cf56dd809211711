#include "protocol/pages.hpp"

#include "base/sha256.hpp"
#include "base/strings.hpp"
#include "protocol/entry.hpp"
#include "protocol/envelope.hpp"

#include <algorithm>
#include <span>

namespace sallyport::protocol {
namespace {

// How long a modern client may keep a list. Short while something is down: it comes back without being asked.
constexpr std::uint64_t ttl_ms = 60000;
constexpr std::uint64_t degraded_ttl_ms = 5000;
constexpr std::size_t digest_bytes = 16;

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void Pages::add_degraded(std::string_view mark) {
  if (!degraded_.empty()) degraded_ += ',';
  degraded_ += mark;
}

void Pages::divide() const {
  begins_ = {0};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const std::size_t size = items_[i].definition.size();
    const bool full = i - begins_.back() >= page_size_ || bytes + size > max_page_bytes;
    if (full && i > begins_.back()) {
      begins_.push_back(i);
      bytes = 0;
    }
    bytes += size;
  }
  if (begins_.size() == 1) return;
  // The digest of all that the list says, so that a cursor of another list is never taken for one of this.
  auto digest = sha256(row(list_).member);
  for (const Item& item : items_) {
    std::string link(as_text(digest));
    link.append(item.shown).push_back('\0');
    link.append(item.definition);
    digest = sha256(link);
  }
  for (std::size_t page = 1; page < begins_.size(); ++page) {
    const auto own = sha256(std::string(as_text(digest)) + std::to_string(page));
    cursors_.push_back(hex(std::span(own).first(digest_bytes)));
  }
}

Result<std::shared_ptr<const std::string>> Pages::page(Revision revision,
                                                       std::optional<std::string_view> cursor) const {
  if (begins_.empty()) divide();
  std::size_t page = 0;
  if (cursor) {
    const auto found = std::ranges::find(cursors_, *cursor);
    if (found == cursors_.end()) return fail(Error(Code::proto_invalid_cursor).with_executed(Executed::no));
    page = static_cast<std::size_t>(found - cursors_.begin()) + 1;
  }
  Rendered& rendered = rendered_[static_cast<std::size_t>(revision)];
  rendered.resize(begins_.size());
  if (!rendered[page]) rendered[page] = render(revision, page);
  return rendered[page];
}

std::shared_ptr<const std::string> Pages::render(Revision revision, std::size_t page) const {
  const bool last = page + 1 == begins_.size();
  std::string entries = "[";
  for (std::size_t i = begins_[page]; i < (last ? items_.size() : begins_[page + 1]); ++i) {
    if (entries.size() > 1) entries += ',';
    entries += render_entry(list_, items_[i].definition, items_[i].shown, revision);
  }
  entries += ']';
  const std::string degraded = degraded_.empty() ? "" : "[" + degraded_ + "]";
  return std::make_shared<const std::string>(
      list_result(list_, revision, entries, last ? std::string_view() : std::string_view(cursors_[page]),
                  degraded_.empty() ? ttl_ms : degraded_ttl_ms, CacheScope::private_scope, degraded));
}

}  // namespace sallyport::protocol
