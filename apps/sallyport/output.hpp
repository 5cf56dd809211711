// What commands print: exit codes, text that cannot control the terminal, colours where they are wanted.
#pragma once

#include "errors/error.hpp"

#include <string>
#include <string_view>

namespace sallyport::cli {

enum ExitCode : int { exit_done = 0, exit_failed = 1, exit_wrong_input = 2 };

enum class Style : std::uint8_t { plain, bold, dim, red, green, yellow };

// On a terminal, unless NO_COLOR is set or TERM is `dumb`.
bool has_colours(int descriptor);
std::string paint(Style style, std::string_view text, bool colours);

// The columns of the terminal that stdout is; 0 if it is none.
std::size_t terminal_width();

// The text for a terminal: as escape_terminal(), but line feeds and tabs stay what they are.
std::string printable(std::string_view text);

// Writes as it stands. exit_done, or exit_failed when nobody takes it.
int print(std::string_view text);

// One JSON text and a line end. Towards a terminal, what would control it is written as \u escapes.
int print_json(std::string_view json);

// On stderr: `sallyport: ` and the sentence, escaped, and a line end.
void complain(std::string_view sentence);
// On stderr as it stands.
void print_error(std::string_view text);

// For operators: the sentence of the catalogue and the details that are kept for developers.
std::string explain(const Error& error);

// ", did you mean `x`?" or nothing.
std::string suggestion(std::string_view name, std::span<const std::string> candidates);

}  // namespace sallyport::cli
