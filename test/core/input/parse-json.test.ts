import { expect } from 'chai';
import * as fc from 'fast-check';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonBounds, type JsonBounds } from '../../../core/input/bounds.ts';
import { parseJson, parseJsonInParts } from '../../../core/input/parse-json.ts';

const small: JsonBounds = { what: 'a test', maxBytes: 1000, maxDepth: 5, maxValues: 20 };

function nested(levels: number): string {
  return '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2);
}

describe('reading JSON from outside', () => {
  it('returns the same as JSON.parse for every value within the bounds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(3), (value, spaces) => {
        const text = JSON.stringify(value, null, spaces);
        const expected: unknown = JSON.parse(text);
        expect(parseJson(text, jsonBounds.message)).to.deep.equal({ ok: true, data: expected });
      }),
    );
  });

  const refused: readonly [behaviour: string, text: string, reason: string][] = [
    ['what is not JSON', '{"a":', 'it is not JSON'],
    ['a string without end', '["', 'it is not JSON'],
    ['an empty text', '', 'it is not JSON'],
    ['too many bytes', `"${'ü'.repeat(500)}"`, 'it is larger than 1000 bytes'],
    [
      'too many levels, and says where',
      '[[[[[["a"]]]]]]',
      'it is nested more than 5 levels deep (at character 6)',
    ],
    ['too many values', `[${'1,'.repeat(19)}1]`, 'it has more than 20 values'],
  ];
  for (const [behaviour, text, reason] of refused) {
    it(`refuses ${behaviour}`, () => {
      expect(parseJson(text, small)).to.include({ ok: false, reason });
    });
  }

  it('does not count a bracket inside a string as a level', () => {
    const value = { a: '[[[[[[[[', b: '\\"[[[[[[[', c: '\\\\', d: [['"]]'], [{ e: '{{{{{{\\' }]] };
    expect(parseJson(JSON.stringify(value), small)).to.deep.equal({ ok: true, data: value });
  });

  for (const [kind, bounds] of Object.entries(jsonBounds)) {
    it(`accepts ${kind} up to its depth and no deeper`, () => {
      expect(parseJson(nested(bounds.maxDepth), bounds).ok).to.equal(true);
      expect(parseJson(nested(bounds.maxDepth + 2), bounds)).to.include({ ok: false });
    });
  }

  it('rests within a string full of escapes, and returns its value', () => {
    for (const text of ['"', '\\', '"\\']) {
      const value = [text.repeat(200_000)];
      const parts = parseJsonInParts(JSON.stringify(value), jsonBounds.message);
      let rests = 0;
      let step = parts.next();
      for (; step.done !== true; step = parts.next()) rests += 1;
      expect(step.value).to.deep.equal({ ok: true, data: value });
      expect(rests).to.be.greaterThan(40);
    }
  });

  it('is the only place that calls JSON.parse', async () => {
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const others: string[] = [];
    for (const folder of ['agent', 'controller', 'core', 'runtime']) {
      for (const file of await readdir(path.join(root, folder), { recursive: true })) {
        if (!file.endsWith('.ts')) continue;
        const text = await readFile(path.join(root, folder, file), 'utf8');
        if (/\bJSON\.parse\(/.test(text)) others.push(path.join(folder, file));
      }
    }
    // The daemon and its own deciding process exchange lines of JSON.
    const own = 'runtime/confined/lines.ts';
    expect(others.sort()).to.deep.equal(['core/input/parse-json.ts', own]);
  });
});
