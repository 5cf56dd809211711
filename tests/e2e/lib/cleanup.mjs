// Clean-ups of a test in the reverse order of what they clean up; node:test itself runs its `after` hooks first to last.
import { after } from 'node:test';

const stacks = new WeakMap();

// `scope` is a test context or a fileScope(). Every clean-up runs; the first failure is reported.
export function cleanUp(scope, action) {
  if (!stacks.has(scope)) {
    const stack = [];
    stacks.set(scope, stack);
    scope.after(async () => {
      const failures = [];
      for (const each of stack.reverse()) {
        try {
          await each();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    });
  }
  stacks.get(scope).push(action);
}

// A scope that lasts as long as its file. To be made at the top of the file: `after` within a `before` hook means that hook.
export function fileScope() {
  const scope = { after };
  cleanUp(scope, () => {});
  return scope;
}
