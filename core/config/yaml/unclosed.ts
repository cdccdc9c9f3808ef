/** Quotes and brackets that are never closed: shown where they open, and not at the end of the text. */
import type { CST } from 'yaml';
import { endOfString } from '../../input/json-scan.ts';
import type { Fault } from './yaml-faults.ts';

/** The last one that opens: what stands around it may only miss its end because of it. */
export function unclosedIn(tokens: readonly CST.Token[]): Fault | undefined {
  const open: CST.Token[] = [...tokens];
  let found: CST.Token | undefined;
  for (let token = open.pop(); token !== undefined; token = open.pop()) {
    if (isUnclosed(token) && token.offset >= (found?.offset ?? 0)) found = token;
    if (token.type === 'document' && token.value) open.push(token.value);
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      if (key) open.push(key);
      if (value) open.push(value);
    }
  }
  return found && faultOfUnclosed(found);
}

function isUnclosed(token: CST.Token): boolean {
  if (token.type === 'flow-collection') {
    const end = token.start.type === 'flow-map-start' ? 'flow-map-end' : 'flow-seq-end';
    return !token.end.some(({ type }) => type === end);
  }
  if (token.type === 'double-quoted-scalar') {
    return endOfString(token.source, 0) >= token.source.length;
  }
  // Within single quotes, two of them are one that does not end the text.
  const inside = token.type === 'single-quoted-scalar' ? token.source.slice(1) : "'";
  return (/'*$/.exec(inside)?.[0].length ?? 0) % 2 === 0;
}

function faultOfUnclosed(token: CST.Token): Fault {
  const isQuote = token.type !== 'flow-collection';
  const what = isQuote ? 'quote' : 'bracket';
  return {
    offset: token.offset,
    code: 'yaml-syntax',
    message: `broken YAML: the ${what} that opens here is not closed`,
    hint: `write the closing ${what} where the ${isQuote ? 'text' : 'list or mapping'} ends`,
  };
}
