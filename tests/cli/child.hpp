// A program that a test runs, with what it writes.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace sallyport::test {

struct Outcome {
  int code = -1;  // negative: the signal that ended it
  std::string out;
  std::string err;
};

class Child {
 public:
  // Its stdin is that file, its stdout and stderr are pipes.
  Child(std::string program, std::vector<std::string> arguments, std::string input = "/dev/null");
  ~Child();  // ends it with SIGKILL if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Reads stderr up to the first line that contains `text`, and returns that line; empty at the end of
  // stderr.
  std::string wait_for_error_line(std::string_view text);
  // The next line of stdout, without its end; empty at the end of stdout.
  std::string wait_for_output_line();
  void signal(int number) const;
  // Until there is something to read; false if the program ended before.
  bool wait_for(int descriptor) const;
  Outcome wait();  // reads both to their ends

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::string err_text_;
};

Outcome run(std::string program, std::vector<std::string> arguments, std::string input = "/dev/null");

}  // namespace sallyport::test
