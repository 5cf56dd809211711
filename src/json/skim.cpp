#include "json/skim.hpp"

#include "json/bytes.hpp"
#include "json/scanner.hpp"

#include <algorithm>

namespace sallyport::json {

void Skimmer::feed(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end && !done_) {
    if (in_string_) {
      at = in_string(at, end);
    } else {
      outside(*at++);
    }
  }
}

std::optional<std::string_view> Skimmer::id() const {
  if (!found_) return std::nullopt;
  return std::string_view(kept_.data(), size_);
}

// Reads on in a string; what nobody wants is skipped in long strides.
const char* Skimmer::in_string(const char* at, const char* end) {
  if (escaped_) {
    escaped_ = false;
    keep(*at);
    return at + 1;
  }
  const char* const special = detail::skip_to_quote(at, end);
  for (; at != special && capture_ != Capture::nothing && size_ <= max_id; ++at) keep(*at);
  if (special == end) return end;
  keep(*special);
  if (*special == '\\') {
    escaped_ = true;
  } else {
    in_string_ = false;
    finish();
  }
  return special + 1;
}

void Skimmer::outside(char c) {
  if (capture_ == Capture::number) {
    if (c != ',' && c != '}' && !detail::is_space(c)) return keep(c);
    finish();
    if (done_) return;
  }
  if (detail::is_space(c)) return;
  const bool is_value = at_member() && !key_next_ && key_is_id_;
  switch (c) {
    case '"':
      in_string_ = true;
      if (at_member() && key_next_) begin(Capture::key);
      if (is_value) begin(Capture::text);
      if (depth_ == 0) done_ = true;
      break;
    case '{':
    case '[':
      key_is_id_ = false;
      if (depth_++ == 0) {
        key_next_ = true;
        done_ = c == '[';
      }
      break;
    case '}':
    case ']':
      if (depth_ <= 1) {
        done_ = true;
      } else {
        --depth_;
      }
      break;
    case ',':
      if (at_member()) key_next_ = true;
      [[fallthrough]];
    case ':':
      break;
    default:
      if (depth_ == 0) done_ = true;
      if (is_value) {
        begin(Capture::number);
        keep(c);
      }
  }
}

void Skimmer::begin(Capture capture) {
  capture_ = capture;
  size_ = 0;
  if (capture != Capture::number) keep('"');
}

void Skimmer::keep(char c) {
  if (capture_ == Capture::nothing) return;
  if (size_ < max_id) kept_[size_] = c;
  size_ = std::min(size_ + 1, max_id + 1);
}

// What was captured is complete: a key says whether the id follows, an id is taken if it is one.
void Skimmer::finish() {
  const Capture captured = capture_;
  capture_ = Capture::nothing;
  if (captured == Capture::nothing) return;
  const std::string_view text(kept_.data(), std::min(size_, max_id));
  const bool fits = size_ <= max_id;
  if (captured == Capture::key) {
    key_next_ = false;
    key_is_id_ = fits && scan(text) && equals_unescaped(text, "id");
    return;
  }
  key_is_id_ = false;
  if (!fits || !scan(text)) return;
  found_ = captured == Capture::text || as_int64(text).has_value();
  done_ = found_;
}

}  // namespace sallyport::json
