// Builds the dashboard and writes it as C++: `node build.mjs OUT.cpp`. The same sources give the same bytes.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

async function bundle(entry) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
  });
  return Buffer.from(outputFiles[0].contents);
}

// A string literal in pieces that a compiler takes. Three octal digits never run into what follows them.
function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 96) {
    let line = '';
    for (const byte of bytes.subarray(at, at + 96)) {
      const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
      line += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    }
    lines.push(`    "${line}"`);
  }
  return lines.join('\n');
}

function asset({ path, type, content }) {
  const gzip = gzipSync(content, { level: 9 });
  const etag = createHash('sha256').update(content).digest('hex').slice(0, 20);
  return `    {"${path}", "${type}", "\\"${etag}\\"",\n     std::string_view(\n${literal(content)},\n    ${content.length}),\n     std::string_view(\n${literal(gzip)},\n    ${gzip.length})},`;
}

const files = [
  { path: '/', type: 'text/html; charset=utf-8', content: readFileSync(join(here, 'index.html')) },
  { path: '/dashboard.js', type: 'text/javascript; charset=utf-8', content: await bundle('src/main.tsx') },
  { path: '/dashboard.css', type: 'text/css; charset=utf-8', content: await bundle('src/style.css') },
  { path: '/dashboard.svg', type: 'image/svg+xml', content: readFileSync(join(here, 'icon.svg')) },
];

const [out] = process.argv.slice(2);
writeFileSync(
  out,
  `// Written by dashboard/build.mjs.
#include "admin/page.hpp"

namespace sallyport::admin {
namespace {
constexpr Asset files[] = {
${files.map(asset).join('\n')}
};
}  // namespace
std::span<const Asset> assets() noexcept { return files; }
}  // namespace sallyport::admin
`,
);
