// Random valid JSON texts, drawn from a list of choices so that RapidCheck can shrink them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace sallyport::json::test {

// Reads choices off a list; when it is used up every choice is 0, the simplest one.
class Choices {
 public:
  explicit Choices(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

  std::size_t below(std::size_t bound) { return at_ < bytes_.size() ? bytes_[at_++] % bound : 0; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

// Writes a value of every kind that simdjson's DOM holds too: numbers fit, no lone surrogates, no equal keys.
class RandomDocument {
 public:
  explicit RandomDocument(Choices& choices) : choices_(choices) {}

  std::string text() {
    space();
    value(0);
    space();
    return out_;
  }

  // An object, at most three levels deep, as it stands in a message.
  std::string object_text() {
    object(2);
    return out_;
  }

 private:
  void space() {
    static constexpr const char* spaces[] = {"", "", "", " ", "\n", "\r\n", "\t", "  \r "};
    out_ += spaces[choices_.below(8)];
  }

  void value(int depth) {
    switch (choices_.below(depth < 5 ? 9 : 7)) {
      case 0:
        out_ += "0";
        break;
      case 1:
        out_ += "null";
        break;
      case 2:
        out_ += "true";
        break;
      case 3:
        out_ += "false";
        break;
      case 4:
        number();
        break;
      case 5:
      case 6:
        out_ += string().literal;
        break;
      case 7:
        array(depth);
        break;
      default:
        object(depth);
    }
  }

  void number() {
    static constexpr const char* numbers[] = {"1",           "-0",
                                              "-17",         "3.25",
                                              "1e5",         "-2.5E-3",
                                              "0e+0",        "1234567",
                                              "0.0",         "1E300",
                                              "-9007199254", "18446744073709551615",
                                              "1e-9",        "-9223372036854775808"};
    out_ += numbers[choices_.below(std::size(numbers))];
  }

  struct Text {
    std::string literal;
    std::string text;
  };

  Text string() {
    // Pieces with what they say.
    static constexpr const char* pieces[][2] = {{"a", "a"},
                                                {"b", "b"},
                                                {"\\u0061", "a"},
                                                {"\\n", "\n"},
                                                {"\\\"", "\""},
                                                {"\\\\", "\\"},
                                                {"\\/", "/"},
                                                {"/", "/"},
                                                {"}", "}"},
                                                {"]", "]"},
                                                {",", ","},
                                                {":", ":"},
                                                {"\xc3\xa9", "\xc3\xa9"},
                                                {"\\u00E9", "\xc3\xa9"},
                                                {"\xe2\x80\xa8", "\xe2\x80\xa8"},
                                                {"\\ud83d\\uDE00", "\xf0\x9f\x98\x80"},
                                                {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
                                                {"0123456789abcdef", "0123456789abcdef"},
                                                {"\\u0000", ""},
                                                {" ", " "}};
    Text result{"\"", ""};
    for (std::size_t i = choices_.below(6); i > 0; --i) {
      const auto& piece = pieces[choices_.below(std::size(pieces))];
      result.literal += piece[0];
      if (std::string_view(piece[0]) == "\\u0000") {
        result.text.push_back('\0');
      } else {
        result.text += piece[1];
      }
    }
    result.literal += "\"";
    return result;
  }

  void array(int depth) {
    out_ += "[";
    const std::size_t size = choices_.below(4);
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0) out_ += ",";
      space();
      value(depth + 1);
      space();
    }
    if (size == 0) space();
    out_ += "]";
  }

  void object(int depth) {
    out_ += "{";
    const std::size_t size = choices_.below(depth == 0 ? 24 : 5);
    std::set<std::string> keys;
    space();
    for (std::size_t i = 0; i < size; ++i) {
      Text key = string();
      if (!keys.insert(key.text).second) {
        const std::string distinct = "#" + std::to_string(i);
        key = {"\"" + distinct + "\"", distinct};
        keys.insert(distinct);
      }
      if (i > 0) out_ += ",";
      space();
      out_ += key.literal;
      space();
      out_ += ":";
      space();
      value(depth + 1);
      space();
    }
    out_ += "}";
  }

  Choices& choices_;
  std::string out_;
};

}  // namespace sallyport::json::test
