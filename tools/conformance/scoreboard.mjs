// The figures in docs/conformance.md: written there, and read again to see that nothing is lost.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url));
const frame = /(<!-- figures -->\n)[^]*?(\n<!-- end of figures -->)/;

const line = ({ who, suite, passed, failures, failed }) => `| ${who} | ${suite} | ${passed} of ${passed + failures} | ${failed.join(', ') || 'none'} |`;

export function writePage(rows) {
  const table = ['| what | suite | checks passed | scenarios with failures |', '|---|---|---|---|', ...rows.map(line)].join('\n');
  const before = readFileSync(page, 'utf8');
  writeFileSync(page, before.replace(frame, (_, begin, end) => begin + table + end));
}

function readPage() {
  const cells = readFileSync(page, 'utf8').match(frame)[0].matchAll(/^\| (.+?) \| (.+?) \| (\d+) of (\d+) \| (.+?) \|$/gm);
  return [...cells].map(([, who, suite, passed, total]) => ({ who, suite, passed: Number(passed), failures: Number(total) - Number(passed) }));
}

// What is worse than the page says, or not measured at all; one line each.
export function compare(rows) {
  return readPage().flatMap((old) => {
    const now = rows.find(({ who, suite }) => who === old.who && suite === old.suite);
    const what = `${old.who}, ${old.suite}`;
    if (!now) return [`${what}: not measured, though docs/conformance.md has it`];
    if (now.passed >= old.passed && now.failures <= old.failures) return [];
    return [`${what}: ${now.passed} passed and ${now.failures} failed (${now.failed.join(', ')}); docs/conformance.md says ${old.passed} and ${old.failures}`];
  });
}
