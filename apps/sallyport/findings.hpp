// What `doctor` found: each thing with what it means and the exact next step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::cli {

enum class Health : std::uint8_t { ok, warning, problem };

struct Finding {
  Health health = Health::ok;
  std::string id;                      // "machine.programs", "server.files": stable, for programs
  std::string what = {};               // of what is well, that is all
  std::string why = {};                // what comes of it
  std::string next = {};               // a command to paste, or a sentence
  bool is_command = false;             // which of the two `next` is
  std::string code = {};               // of our catalogue, where there is one
  std::vector<std::string> tail = {};  // the last lines of a program's stderr
};

class Findings {
 public:
  void ok(std::string id, std::string what) { all_.push_back({Health::ok, std::move(id), std::move(what)}); }
  void run(Health health, std::string id, std::string what, std::string why, std::string command) {
    all_.push_back({health, std::move(id), std::move(what), std::move(why), std::move(command), true});
  }
  void tell(Health health, std::string id, std::string what, std::string why, std::string sentence) {
    all_.push_back({health, std::move(id), std::move(what), std::move(why), std::move(sentence)});
  }
  void add(Finding finding) { all_.push_back(std::move(finding)); }

  const std::vector<Finding>& all() const noexcept { return all_; }
  std::size_t count(Health health) const;

  std::string text(bool colours) const;
  std::string json() const;  // an array

 private:
  std::vector<Finding> all_;
};

// A word of a command line, quoted for a POSIX shell where it needs to be.
std::string shell_word(std::string_view text);

}  // namespace sallyport::cli
