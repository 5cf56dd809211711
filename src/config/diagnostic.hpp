// What is wrong with a configuration: where, what, why, and what to write instead; for people and for
// programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::config {

// An error keeps the gateway from starting; a warning and a note do not.
enum class Severity : std::uint8_t { error, warning, note };

// Both count from 1, columns in code points; line 0 is the source as a whole.
struct Position {
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string file;  // or the option of the command line (`--listen`)
  Position at;
  std::string path;  // `servers.files.tools.allow[1]`
  std::string what;
  std::string why;
  std::string instead;
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(std::span<const Diagnostic> diagnostics) noexcept;

// By source in the order of first mention, then by place.
void sort_by_place(Diagnostics& diagnostics);

// One line each: `file:line:column: what, why, what to write instead`; warnings and notes say so before
// `what`. Whatever a file contains, nothing but the line ends (and the colours) controls the terminal.
std::string render_text(std::span<const Diagnostic> diagnostics, bool colours);

// A JSON array of {severity, file, line, column, path, what, why, instead}, on one line.
std::string render_json(std::span<const Diagnostic> diagnostics);

// The words of a mistake.
struct Finding {
  std::string what;
  std::string why;
  std::string instead;
};

// Collects what is found in one source.
class Report {
 public:
  Report(std::string file, Diagnostics& out) : file_(std::move(file)), out_(out) {}

  void error(Position at, std::string_view path, Finding finding) { add(Severity::error, at, path, finding); }
  void warning(Position at, std::string_view path, Finding finding) {
    add(Severity::warning, at, path, finding);
  }
  void note(Position at, std::string_view path, Finding finding) { add(Severity::note, at, path, finding); }

  const std::string& file() const { return file_; }
  // Goes up with each error, so that a caller can tell whether a step found one.
  std::size_t errors() const { return errors_; }

 private:
  void add(Severity severity, Position at, std::string_view path, Finding& finding);

  std::string file_;
  Diagnostics& out_;
  std::size_t errors_ = 0;
};

}  // namespace sallyport::config
