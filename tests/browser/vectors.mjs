// The attacks of tests/data/xss.txt, and what feedwire makes of them.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export const kBase = 'https://base.example/dir/feed';

// "\n", "\t", "\0", "\\" and "\xNN", the latter a byte.
function unescape(line) {
  const bytes = [];
  const plain = { n: 10, t: 9, 0: 0, '\\': 92 };
  for (let at = 0; at < line.length; ++at) {
    const next = String.fromCharCode(line[at + 1]);
    const hex = line.subarray(at + 2, at + 4).toString('latin1');
    if (line[at] !== 92) {
      bytes.push(line[at]);
    } else if (next in plain) {
      bytes.push(plain[next]);
      at += 1;
    } else if (next === 'x' && /^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 3;
    } else {
      bytes.push(92);
    }
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

export function readAttacks(file) {
  const lines = readFileSync(file).toString('latin1').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => unescape(Buffer.from(line, 'latin1')));
}

/// What `feedwire parse` gives as content_html for each; "" where nothing is left.
export function sanitizeAll(program, attacks) {
  const feed = {
    version: 'https://jsonfeed.org/version/1.1',
    items: attacks.map((html, i) => ({ id: String(i), content_html: html })),
  };
  const options = { input: JSON.stringify(feed), maxBuffer: 1 << 28 };
  const out = JSON.parse(execFileSync(program, ['--url', kBase, '-'], options));
  const clean = new Map(out.items.map((item) => [item.id, item.content_html ?? '']));
  if (clean.size !== attacks.length) throw new Error(`${clean.size} items of ${attacks.length}`);
  return attacks.map((_, i) => clean.get(String(i)));
}
