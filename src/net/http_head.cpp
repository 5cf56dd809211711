#include "net/http_head.hpp"

#include "base/strings.hpp"
#include "classify/classify.hpp"
#include "net/head_grammar.hpp"

#include <algorithm>

namespace sallyport::net {
namespace {

constexpr std::size_t max_overhead = 16 * 1024;

// A head may carry these once: a second one is how requests are smuggled past a front.
constexpr std::string_view single_fields[] = {
    "host",          "content-length", "transfer-encoding",   "origin",
    "authorization", "content-type",   "mcp-protocol-version"};

// Why a head was refused, where it is of the kind that two readers could understand differently: bare LF or
// CR, obs-fold, NUL.
const char* ambiguity(std::string_view head) noexcept {
  if (head.find('\0') != std::string_view::npos) return "a NUL byte stands in the head";
  std::size_t lines = 0;
  for (std::size_t at = head.find('\n'); at != std::string_view::npos;
       at = head.find('\n', at + 1), ++lines) {
    if (at == 0 || head[at - 1] != '\r') return "a line of the head ends with a bare LF";
    if (at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t')) {
      return "a header field is folded over two lines";
    }
  }
  for (std::size_t at = head.find('\r'); at != std::string_view::npos; at = head.find('\r', at + 1)) --lines;
  return lines == 0 ? nullptr : "a bare CR stands in the head";
}

const char* why_refused(std::string_view head) noexcept {
  const char* why = ambiguity(head);
  return why ? why : "the head is not HTTP/1.1 as RFC 9112 writes it";
}

bool is_single(std::string_view name) noexcept {
  if (starts_with_icase(name, "mcp-")) return true;
  return std::ranges::any_of(single_fields, [&](std::string_view single) { return iequals(single, name); });
}

const char* duplicated(const HeaderFields& fields) noexcept {
  for (const HeaderField& field : fields) {
    if (fields.repeats(field) && is_single(field.name))
      return "a header field that may stand once stands twice";
  }
  return nullptr;
}

const char* duplicated_framing(const HeaderFields& fields) noexcept {
  for (const HeaderField& field : fields) {
    if (fields.repeats(field) && (field.is("content-length") || field.is("transfer-encoding")))
      return "the body's length is given twice";
  }
  return nullptr;
}

bool mentions(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (iequals(trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// Framing by RFC 9112 section 6.3, refusing what it lets a recipient repair.
const char* decide_framing(MessageHead& head, bool http_1_0) {
  const auto transfer = head.fields.find("transfer-encoding");
  const auto length = head.fields.find("content-length");
  if (transfer && length) return "Content-Length and Transfer-Encoding stand together";
  if (transfer) {
    if (http_1_0) return "Transfer-Encoding in HTTP/1.0";
    if (!iequals(trim(*transfer), "chunked")) return "Transfer-Encoding is something else than chunked";
    head.framing = Framing::chunked;
  } else if (length) {
    const auto value = parse_int<std::uint64_t>(*length);
    if (!value || length->front() == '+') return "Content-Length is not a number";
    head.content_length = *value;
    head.framing = *value > 0 ? Framing::length : Framing::none;
  }
  return nullptr;
}

bool decide_keep_alive(const HeaderFields& fields, bool http_1_0) noexcept {
  bool keep = !http_1_0;
  if (!fields.find("connection")) return keep;
  for (const HeaderField& field : fields) {
    if (!field.is("connection")) continue;
    if (mentions(field.value, "close")) return false;
    if (mentions(field.value, "keep-alive")) keep = true;
  }
  return keep;
}

// RFC 9112 section 3.2: origin-form, `*` for OPTIONS, or absolute-form, whose authority must not contradict
// Host.
const char* decide_target(RequestHead& head) {
  const auto host = head.fields.find("host");
  if (!host && !head.http_1_0) return "Host is missing";
  if (head.target.starts_with('/') || (head.target == "*" && head.method == "OPTIONS")) return nullptr;
  const std::size_t scheme = starts_with_icase(head.target, "http://")    ? 7
                             : starts_with_icase(head.target, "https://") ? 8
                                                                          : 0;
  if (scheme == 0) return "the request target is neither a path nor a URL";
  const std::string_view rest = head.target.substr(scheme);
  const std::size_t path = rest.find('/');
  if (path == std::string_view::npos) return "the request target has no path";
  if (!host || !iequals(rest.substr(0, path), *host)) return "the request target and Host name two servers";
  head.target = rest.substr(path);
  return nullptr;
}

Failure bad_request(std::string_view constraint) {
  return fail(
      Error(Code::proto_invalid_request).with_executed(Executed::no).with_slot(Slot::constraint, constraint));
}

Failure bad_response(std::string_view detail) {
  classify::Context context;
  context.phase = Phase::decode;
  context.detail = detail;
  return fail(classify::make_error(classify::FailureClass::protocol, context));
}

}  // namespace

std::optional<std::string_view> HeaderFields::find(HeaderName name) const noexcept {
  for (const HeaderField& field : from_first(name.print)) {
    if (field.is(name)) return field.value;
  }
  return std::nullopt;
}

bool HeaderFields::repeats(const HeaderField& field) const noexcept {
  for (const HeaderField& other : from_first(field.print)) {
    if (&other >= &field) return false;
    if (other.has_name_of(field)) return true;
  }
  return false;
}

std::size_t HeaderFields::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::count_if(fields_.begin(), fields_.end(),
                                                [&](const HeaderField& f) { return iequals(f.name, name); }));
}

std::size_t find_head_end(std::string_view bytes, std::size_t from) noexcept {
  constexpr std::size_t reach = 2;  // an LF that stood at the end, perhaps with a CR behind it
  std::size_t line_end = bytes.find('\n', from > reach ? from - reach : 0);
  for (; line_end != std::string_view::npos; line_end = bytes.find('\n', line_end + 1)) {
    const std::string_view rest = bytes.substr(line_end + 1);
    if (rest.starts_with("\r\n")) return line_end + 3;
    if (rest.starts_with('\n')) return line_end + 2;
  }
  return std::string_view::npos;
}

Result<void> parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
  HeadGrammar grammar(bytes);
  const bool good = bytes.size() <= limits.bytes &&
                    grammar.request_line(head.method, head.target, head.http_1_0) &&
                    grammar.fields(head.fields);
  if (!good) return bad_request(why_refused(bytes));
  if (head.fields.size() > limits.fields) return bad_request("more header fields than this server takes");
  head.framing = Framing::none;
  head.content_length = 0;
  if (const char* why = duplicated(head.fields)) return bad_request(why);
  if (const char* why = decide_framing(head, head.http_1_0)) return bad_request(why);
  if (const char* why = decide_target(head)) return bad_request(why);
  head.keep_alive = decide_keep_alive(head.fields, head.http_1_0);
  const auto expect = head.fields.find("expect");
  head.expects_continue = expect && !head.http_1_0 && iequals(*expect, "100-continue");
  return {};
}

Result<void> parse_response_head(std::string_view bytes, const HeadLimits& limits, ResponseHead& head) {
  HeadGrammar grammar(bytes);
  bool http_1_0 = false;
  const bool good = bytes.size() <= limits.bytes && grammar.status_line(http_1_0, head.status) &&
                    grammar.fields(head.fields);
  if (!good) return bad_response(why_refused(bytes));
  if (head.fields.size() > limits.fields) return bad_response("more header fields than we take");
  if (const char* why = duplicated_framing(head.fields)) return bad_response(why);
  if (head.status < 100) return bad_response("the status is none");
  if (head.status == 101) return bad_response("the server switches to a protocol that nobody asked for");
  head.framing = Framing::until_close;
  head.content_length = 0;
  const bool no_body = head.status / 100 == 1 || head.status == 204 || head.status == 304;
  if (const char* why = decide_framing(head, http_1_0)) return bad_response(why);
  if (no_body) head.framing = Framing::none;
  head.keep_alive = head.framing != Framing::until_close && decide_keep_alive(head.fields, http_1_0);
  return {};
}

std::size_t ChunkedDecoder::feed(std::string_view input, std::string& output, std::size_t limit) {
  std::size_t taken = 0;
  while (taken < input.size() && state_ == State::more) {
    if (step_ == Step::data) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - taken));
      const std::size_t room = limit > output.size() ? limit - output.size() : 0;
      if (n > room) over_limit_ = true;
      output.append(input.substr(taken, std::min(n, room)));
      taken += n;
      left_ -= n;
      if (left_ == 0) step_ = Step::data_cr;
    } else if (!step(input[taken++])) {
      fail();
    }
  }
  return taken;
}

// One byte of what is not data. False: malformed.
bool ChunkedDecoder::step(char c) noexcept {
  switch (step_) {
    case Step::size: {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit >= 0) {
        if (++digits_ > 15) return false;
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return true;
      }
      if (digits_ == 0) return false;
      if (c == '\r')
        step_ = Step::size_lf;
      else if (c == ';')
        step_ = Step::extension;
      else
        return false;
      return true;
    }
    case Step::extension:
      if (c == '\r') step_ = Step::size_lf;
      return c != '\n' && ++overhead_ <= max_overhead;
    case Step::size_lf:
      step_ = left_ > 0 ? Step::data : Step::trailer_start;
      return c == '\n';
    case Step::data_cr:
      step_ = Step::data_lf;
      return c == '\r';
    case Step::data_lf:
      step_ = Step::size;
      digits_ = 0;
      return c == '\n';
    case Step::trailer_start:
      step_ = c == '\r' ? Step::end_lf : Step::trailer;
      return c != '\n';
    case Step::trailer:
      if (c == '\r') step_ = Step::trailer_lf;
      return c != '\n' && ++overhead_ <= max_overhead;
    case Step::trailer_lf:
      step_ = Step::trailer_start;
      return c == '\n';
    case Step::end_lf:
      state_ = State::done;
      return c == '\n';
    case Step::data:
      break;
  }
  return false;
}

}  // namespace sallyport::net
