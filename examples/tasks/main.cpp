// Work that takes longer than anybody wants to hold a connection for: the client gets a handle at once, looks
// from time to time how far it is, and fetches the result when it is there.
#include <chrono>
#include <string>

#include <sallyport.hpp>

using namespace std::chrono_literals;
using sallyport::Context;
using sallyport::Fields;
using sallyport::Task;
using sallyport::TaskStart;
using sallyport::TaskSupport;

// A coroutine. tasks/cancel ends its next wait, so there is nothing to clean up; the words of its progress
// are what clients see of it while it runs.
Task<std::string> print_book(Context& context, int pages) {
  for (int page = 1; page <= pages; ++page) {
    CO_TRY(co_await context.sleep(100ms));
    context.progress(page, pages, "page " + std::to_string(page) + " of " + std::to_string(pages));
  }
  co_return std::to_string(pages) + " pages are printed.";
}

// A function that blocks, on a worker. Nothing ends it but itself: it asks whether it is still wanted.
std::string count_primes(Context& context, int below) {
  int found = 0;
  for (int n = 2; n < below; ++n) {
    if (n % 1000 == 0 && context.cancelled()) return "Nobody waits for this any more.";
    bool prime = true;
    for (int d = 2; d * d <= n && prime; ++d) prime = n % d != 0;
    if (prime) ++found;
  }
  return std::to_string(found) + " primes";
}

struct Approval {
  bool approved = false;
  static void describe(Fields<Approval>& field) {
    field("approved", &Approval::approved, "Shall it go out?");
  }
};

// Asks in the middle: the task says `input_required` until the client has answered.
Task<std::string> publish(Context& context, const std::string& title) {
  CO_TRY(co_await context.sleep(100ms));
  const auto said = CO_TRY(co_await context.elicit<Approval>("approval", "Publish '" + title + "'?"));
  if (!said.accepted() || !said.content->approved) co_return "'" + title + "' stays a draft.";
  co_return "'" + title + "' is published.";
}

// Decides by itself: what is quick is answered, what is not goes on as a task.
Task<std::string> search(Context& context, const std::string& word) {
  if (word.size() > 3) co_return "Found '" + word + "' in the index.";
  context.become_task();
  CO_TRY(co_await context.sleep(300ms));
  co_return "Found '" + word + "' after reading everything.";
}

int main(int argc, char** argv) {
  sallyport::Server app("tasks", "1.0");
  app.task_limits({.per_caller = 20, .ttl = 5min, .max_ttl = 30min, .poll_interval = 200ms});
  app.tool("print_book", "Prints a book, page by page.", print_book, {{"pages", "How many"}})
      .task(TaskSupport::required);  // clients that know no tasks are refused
  app.tool("count_primes", "Counts the primes below a number.", count_primes, {{"below", "The number"}})
      .blocking()
      .task();  // clients that know no tasks wait for the answer
  app.tool("publish", "Publishes an article once somebody agrees.", publish, {{"title", "Of the article"}})
      .task();
  app.tool("search", "Looks for a word.", search, {{"word", "Which"}})
      .task(TaskSupport::optional, TaskStart::when_told);
  return app.run(argc, argv);
}
