// `sallyport completion`. Each script finds the command that the words so far have chosen, and offers what it
// takes.
#include "completion.hpp"

#include "commands.hpp"
#include "output.hpp"

#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sallyport::cli {
namespace {

struct Word {
  std::string text;
  std::string description;
};

// One command: its path ("sallyport tools call") and the words that may follow.
struct Place {
  std::string path;
  std::vector<Word> commands;
  std::vector<Word> options;
};

struct Tree {
  std::vector<Place> places;
  std::set<std::string> file_options;   // a path follows
  std::set<std::string> value_options;  // something follows that nobody can guess
};

void add_option(const CLI::Option& option, Place& place, Tree& tree) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : names) {
    place.options.push_back({name, option.get_description()});
    if (option.get_expected_min() == 0) continue;
    (option.get_type_name() == "FILE" ? tree.file_options : tree.value_options).insert(name);
  }
}

void walk(const CLI::App& command, const std::string& path, Tree& tree) {
  Place place{path, {}, {}};
  for (const CLI::App* each : command.get_subcommands({})) {
    place.commands.push_back({each->get_name(), each->get_description()});
  }
  if (command.get_name() == "explain") {
    for (std::string& name : explained_names()) place.commands.push_back({std::move(name), "An entry"});
  }
  for (const CLI::Option* option : command.get_options()) add_option(*option, place, tree);
  tree.places.push_back(std::move(place));
  for (const CLI::App* each : command.get_subcommands({})) walk(*each, path + " " + each->get_name(), tree);
}

// Within single quotes of a POSIX shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string paths_pattern(const Tree& tree) {
  std::vector<std::string> paths;
  for (const Place& place : std::span(tree.places).subspan(1)) paths.push_back(shell_quoted(place.path));
  return fmt::format("{}", fmt::join(paths, "|"));
}

std::string bash_script(const Tree& tree) {
  std::string out =
      fmt::format(R"(# bash completion for sallyport: source <(sallyport completion bash)
_sallyport() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} path=sallyport words= word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$path $word" in
      {}) path="$path $word" ;;
    esac
  done
  COMPREPLY=()
  case "$previous" in
    {}) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    {}) return ;;
  esac
  case "$path" in
)",
                  paths_pattern(tree), fmt::join(tree.file_options, "|"), fmt::join(tree.value_options, "|"));
  for (const Place& place : tree.places) {
    std::vector<std::string> words;
    for (const Word& word : place.commands) words.push_back(word.text);
    for (const Word& word : place.options) words.push_back(word.text);
    out += fmt::format("    {}) words='{}' ;;\n", shell_quoted(place.path), fmt::join(words, " "));
  }
  return out + R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _sallyport sallyport
)";
}

// `word:description`, as _describe takes it.
std::string zsh_entry(const Word& word) {
  std::string out;
  for (const char c : word.text) out += c == ':' ? "\\:" : std::string(1, c);
  return shell_quoted(out + ":" + word.description);
}

std::string zsh_script(const Tree& tree) {
  std::string out =
      fmt::format(R"(#compdef sallyport
# zsh completion for sallyport: source <(sallyport completion zsh), or save as _sallyport in $fpath
_sallyport() {{
  local chosen=sallyport word
  local -a entries
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$chosen $word" in
      {}) chosen="$chosen $word" ;;
    esac
  done
  case "${{words[CURRENT-1]}}" in
    {}) _files; return ;;
    {}) return ;;
  esac
  case "$chosen" in
)",
                  paths_pattern(tree), fmt::join(tree.file_options, "|"), fmt::join(tree.value_options, "|"));
  for (const Place& place : tree.places) {
    std::vector<std::string> entries;
    for (const Word& word : place.commands) entries.push_back(zsh_entry(word));
    for (const Word& word : place.options) entries.push_back(zsh_entry(word));
    out += fmt::format("    {}) entries=({}) ;;\n", shell_quoted(place.path), fmt::join(entries, " "));
  }
  return out + R"(  esac
  _describe -t words 'sallyport' entries
}
if [[ "${funcstack[1]}" == _sallyport ]]; then
  _sallyport "$@"
else
  compdef _sallyport sallyport
fi
)";
}

// Within single quotes of fish.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return out + "'";
}

std::string fish_option(const Word& word, const Tree& tree, std::string_view condition) {
  const bool takes_file = tree.file_options.contains(word.text);
  const bool takes_value = takes_file || tree.value_options.contains(word.text);
  const bool is_long = word.text.starts_with("--");
  return fmt::format("complete -c sallyport -n {} -{} {}{} -d {}\n", condition, is_long ? "l" : "s",
                     word.text.substr(is_long ? 2 : 1),
                     takes_file    ? " -r -F"
                     : takes_value ? " -x"
                                   : "",
                     fish_quoted(word.description));
}

std::string fish_script(const Tree& tree) {
  std::string paths;
  for (const Place& place : tree.places) paths += " " + fish_quoted(place.path);
  std::string out = fmt::format(R"(# fish completion for sallyport: sallyport completion fish | source
function __sallyport_at
  set -l path sallyport
  for word in (commandline -opc)[2..]
    if contains -- "$path $word"{}
      set path "$path $word"
    end
  end
  test "$path" = "$argv[1]"
end
complete -c sallyport -f
)",
                                paths);
  for (const Place& place : tree.places) {
    const std::string condition = fish_quoted("__sallyport_at \"" + place.path + "\"");
    for (const Word& word : place.commands) {
      out += fmt::format("complete -c sallyport -n {} -a {} -d {}\n", condition, word.text,
                         fish_quoted(word.description));
    }
    for (const Word& word : place.options) out += fish_option(word, tree, condition);
  }
  return out;
}

}  // namespace

std::string completion_script(const CLI::App& app, Shell shell) {
  Tree tree;
  walk(app, app.get_name(), tree);
  switch (shell) {
    case Shell::bash:
      return bash_script(tree);
    case Shell::zsh:
      return zsh_script(tree);
    case Shell::fish:
      return fish_script(tree);
  }
  return "";
}

void add_completion(CLI::App& app, Action& action) {
  CLI::App* command = add_command(app, "completion", "Prints a script that completes command lines",
                                  "source <(sallyport completion bash)");
  for (const auto& [name, shell, example] :
       {std::tuple("bash", Shell::bash, "source <(sallyport completion bash)"),
        std::tuple("zsh", Shell::zsh, "source <(sallyport completion zsh)"),
        std::tuple("fish", Shell::fish, "sallyport completion fish | source")}) {
    CLI::App* leaf = add_command(*command, name, std::string("For ") + name, example);
    leaf->callback(
        [&app, &action, shell] { action = [&app, shell] { return print(completion_script(app, shell)); }; });
  }
}

}  // namespace sallyport::cli
