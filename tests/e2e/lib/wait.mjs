// Bounded waits. Every wait names what it waits for, so that a test that hangs says on what.

// Generous, because sanitizer builds on a busy machine use the same tests. Nothing asserts that something is quick.
export const PATIENCE_MS = 30_000;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Polls `probe` until it returns something truthy, and returns that. A probe that throws counts as "not yet".
export async function until(what, probe, { patience = PATIENCE_MS, every = 25 } = {}) {
  const deadline = performance.now() + patience;
  let last;
  for (;;) {
    try {
      last = undefined;
      const value = await probe();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${patience} ms in vain until ${what}${last ? `: ${last.message}` : ''}`, { cause: last });
    }
    await pause(every);
  }
}

// The outcome of `promise`, or an error that names `what` when it does not settle in time.
export async function within(what, promise, patience = PATIENCE_MS) {
  let timer;
  const expiry = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${patience} ms in vain for ${what}`)), patience);
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
