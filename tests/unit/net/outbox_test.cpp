// The outbox: what a slow reader costs, what is dropped for it, and when it is given up.
#include "net/outbox.hpp"

#include "net/budget.hpp"
#include "support/memory_stream.hpp"
#include "support/run_task.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::net {
namespace {

using testing::MemoryStream;
using testing::Started;
using Keep = Outbox::Keep;

struct Outgoing {
  explicit Outgoing(std::size_t max_bytes, std::size_t capacity) {
    auto pair = MemoryStream::make(loop);
    ours = std::move(pair.first);
    theirs = std::move(pair.second);
    ours->behaviour()->capacity = capacity;
    outbox = std::make_unique<Outbox>(loop, *ours, max_bytes);
    outbox->on_broken([this] { ++broken; });
  }
  std::string receive() {
    std::string all;
    for (;;) {
      loop.poll();
      const std::string part = theirs->take();
      if (part.empty()) return all;
      all += part;
    }
  }

  task::Loop loop;
  std::unique_ptr<MemoryStream> ours;
  std::unique_ptr<MemoryStream> theirs;
  std::unique_ptr<Outbox> outbox;
  int broken = 0;
};

TEST(Outbox, WritesAtOnceWhatFits) {
  Outgoing out(100, 100);
  EXPECT_TRUE(out.outbox->push("hello"));
  EXPECT_EQ(out.theirs->take(), "hello") << "without a turn of the loop";
  EXPECT_EQ(out.outbox->queued(), 0u);
  EXPECT_EQ(out.outbox->accepted(), 5u);
  EXPECT_EQ(out.outbox->written(), 5u);
}

TEST(Outbox, QueuesForASlowReaderInOrder) {
  Outgoing out(100, 4);
  for (const char* message : {"one,", "two,", "three,", "four,"}) EXPECT_TRUE(out.outbox->push(message));
  EXPECT_EQ(out.outbox->accepted(), 19u);
  EXPECT_EQ(out.outbox->written(), 4u);
  EXPECT_EQ(out.outbox->queued(), 15u);
  Started<void> drained(out.loop, out.outbox->drained());
  EXPECT_FALSE(drained.settled());
  EXPECT_EQ(out.receive(), "one,two,three,four,");
  EXPECT_TRUE(drained.settled()->has_value());
  EXPECT_EQ(out.outbox->written(), 19u);
}

TEST(Outbox, DropsWhatMayBeDroppedFirst) {
  Outgoing out(10, 1);
  EXPECT_TRUE(out.outbox->push("begun....")) << "what was begun is finished";
  EXPECT_FALSE(out.outbox->push("progress", Keep::droppable));
  EXPECT_EQ(out.outbox->dropped(), 1u);
  EXPECT_FALSE(out.outbox->broken());
  EXPECT_TRUE(out.outbox->push("ok", Keep::required));
  EXPECT_EQ(out.receive(), "begun....ok");
  EXPECT_EQ(out.outbox->accepted(), 11u) << "what was dropped was not taken";
}

TEST(Outbox, ARequiredMessageThatDoesNotFitBreaksTheStreamAndFreesTheMemory) {
  Outgoing out(10, 1);
  EXPECT_TRUE(out.outbox->push("begun....", Keep::required));
  EXPECT_FALSE(out.outbox->push("the result", Keep::required));
  EXPECT_TRUE(out.outbox->broken());
  EXPECT_EQ(out.broken, 1);
  EXPECT_EQ(out.outbox->queued(), 0u);
  EXPECT_FALSE(out.outbox->push("x", Keep::droppable));
  EXPECT_EQ(testing::run(out.loop, out.outbox->drained()).error().code(), Code::network_connection_failed);
  EXPECT_EQ(out.broken, 1);
}

TEST(Outbox, AMessageLargerThanTheBoundGoesOutWhenNothingIsQueued) {
  Outgoing out(10, 7);
  EXPECT_TRUE(out.outbox->push(std::string(50, 'x')));
  EXPECT_EQ(out.receive().size(), 50u);
}

TEST(Outbox, AnEmptyMessageIsNothing) {
  Outgoing out(10, 10);
  EXPECT_TRUE(out.outbox->push(""));
  out.outbox->gather();
  EXPECT_TRUE(out.outbox->push(""));
  out.outbox->flush();
  EXPECT_EQ(out.outbox->accepted(), 0u);
}

TEST(Outbox, WhatIsGatheredGoesOutInOneWrite) {
  Outgoing out(5, 100);
  out.outbox->gather();
  EXPECT_TRUE(out.outbox->push("one,"));
  EXPECT_TRUE(out.outbox->push("two,")) << "the bound is for what a reader does not take";
  EXPECT_EQ(out.theirs->take(), "");
  EXPECT_EQ(out.outbox->accepted(), 8u);
  out.outbox->flush();
  EXPECT_EQ(out.theirs->take(), "one,two,");
  EXPECT_TRUE(out.outbox->push("three"));
  EXPECT_EQ(out.theirs->take(), "three") << "flush() ends it";
}

TEST(Outbox, WhatIsGatheredIsBounded) {
  Outgoing out(1000, 1 << 20);
  out.outbox->gather();
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(out.outbox->push(std::string(1000, 'x')));
  EXPECT_LT(out.outbox->queued(), 100'000u);
  EXPECT_GT(out.theirs->take().size(), 900'000u);
}

TEST(Outbox, ASlowReaderIsWaitedForWhileMessagesAreGathered) {
  Outgoing out(20, 4);
  EXPECT_TRUE(out.outbox->push("one,two,"));
  out.outbox->gather();
  EXPECT_TRUE(out.outbox->push("three,"));
  out.outbox->flush();
  EXPECT_EQ(out.outbox->queued(), 10u);
  out.outbox->gather();
  EXPECT_FALSE(out.outbox->push("too many for the bound", Keep::droppable));
  EXPECT_EQ(out.receive(), "one,two,three,");
  EXPECT_TRUE(out.outbox->push("four"));
  out.outbox->flush();
  EXPECT_EQ(out.receive(), "four");
}

TEST(Outbox, EveryFailingStepBreaksItOnce) {
  for (int fail_at = 0; fail_at < 6; ++fail_at) {
    Outgoing out(100, 3);
    out.ours->behaviour()->fail_at = fail_at;
    (void)out.outbox->push("hello ");
    (void)out.outbox->push("world");
    Started<void> drained(out.loop, out.outbox->drained());
    (void)out.receive();
    ASSERT_TRUE(drained.settled()) << fail_at;
    EXPECT_EQ(drained.settled()->error().code(), Code::network_connection_failed) << fail_at;
    EXPECT_TRUE(out.outbox->broken());
    EXPECT_EQ(out.broken, 1);
  }
}

TEST(Outbox, TheReaderThatGoesBreaksIt) {
  Outgoing out(100, 3);
  EXPECT_TRUE(out.outbox->push("hello"));
  out.theirs.reset();
  out.loop.poll();
  EXPECT_TRUE(out.outbox->broken());
  EXPECT_EQ(out.broken, 1);
}

// The stream lives on and must not call back into what is gone.
TEST(Outbox, MayGoBeforeItsStreamWithBytesQueued) {
  Outgoing out(100, 3);
  EXPECT_TRUE(out.outbox->push("hello"));
  out.outbox.reset();
  EXPECT_EQ(out.receive(), "hel");
  Outbox next(out.loop, *out.ours, 100);
  EXPECT_TRUE(next.push("lo"));
  EXPECT_EQ(out.receive(), "lo");
}

TEST(Outbox, ACancelledDrainLeavesTheBytesOnTheirWay) {
  Outgoing out(100, 3);
  EXPECT_TRUE(out.outbox->push("hello"));
  {
    Started<void> drained(out.loop, out.outbox->drained());
    drained.cancel();
    EXPECT_EQ(drained.settled()->error().code(), Code::proto_cancelled);
  }
  EXPECT_EQ(out.receive(), "hello");
}

TEST(OutboxBudget, IsGivenBackWithTheChargeAndNeverExceeded) {
  Budget budget(10);
  {
    Budget::Charge one = budget.charge();
    EXPECT_TRUE(one.grow(6));
    Budget::Charge two = budget.charge();
    EXPECT_FALSE(two.grow(5));
    EXPECT_TRUE(two.grow(4));
    EXPECT_FALSE(two.grow(1));
    two = std::move(one);
    EXPECT_EQ(budget.used(), 6u) << "what two held is given back";
    EXPECT_FALSE(two.grow(~std::uint64_t{0})) << "no overflow";
    EXPECT_TRUE(Budget::Charge().grow(1000)) << "one of no budget has no bound";
  }
  EXPECT_EQ(budget.used(), 0u);
}

// What arrives is what was taken, whole messages in their order, whatever the reader's speed.
RC_GTEST_PROP(OutboxProperty, DeliversExactlyWhatItTook, ()) {
  Outgoing out(*rc::gen::inRange<std::size_t>(1, 60), *rc::gen::inRange<std::size_t>(1, 20));
  out.ours->behaviour()->write_size = *rc::gen::inRange<std::size_t>(1, 20);
  std::string taken, received;
  const auto steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps && !out.outbox->broken(); ++i) {
    if (*rc::gen::inRange(0, 3) == 0) out.outbox->gathering() ? out.outbox->flush() : out.outbox->gather();
    const std::string message(*rc::gen::inRange<std::size_t>(0, 30), static_cast<char>('a' + i % 26));
    if (out.outbox->push(message, Keep::droppable)) taken += message;
    if (*rc::gen::inRange(0, 2) == 0) received += out.theirs->take();
    if (*rc::gen::inRange(0, 2) == 0) out.loop.poll();
    RC_ASSERT(out.outbox->accepted() == taken.size());
    RC_ASSERT(out.outbox->written() + out.outbox->queued() == taken.size());
  }
  out.outbox->flush();
  received += out.receive();
  RC_ASSERT(received == taken);
  RC_ASSERT(out.outbox->written() == taken.size());
}

}  // namespace
}  // namespace sallyport::net
