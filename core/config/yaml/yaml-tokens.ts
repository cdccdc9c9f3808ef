/**
 * The first reading of YAML text: into tokens, with the bounds that must hold before anything
 * recurses. A hostile text is refused after a part of it, not after all of it.
 */
import { type CST, Lexer, type LineCounter, Parser } from 'yaml';
import type { TextBudget } from './text-budget.ts';
import { faultOfToken, type Fault } from './yaml-faults.ts';

/** The number of syntax faults after which reading ends. */
export const maxFaults = 100;

export interface Tokens {
  readonly tokens: readonly CST.Token[];
  readonly faults: readonly Fault[];
}

/** `lines` is filled on the way. */
export function readTokens(text: string, lines: LineCounter, budget: TextBudget): Tokens {
  const { maxDepth, maxDocuments, maxTokens, maxValues } = budget.bounds;
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  const faults: Fault[] = [];
  let documents = 0;
  let entries = 0;
  let isScalar = false;
  let offset = 0;

  const take = (token: CST.Token): void => {
    if (token.type === 'error') faults.push(faultOfToken(token));
    if (token.type === 'document') {
      documents += 1;
      const deep = offsetBeyondDepth(token, maxDepth);
      if (documents > maxDocuments) faults.push(severalDocuments(token.offset, maxDocuments));
      if (deep !== undefined) faults.push(tooDeep(deep, maxDepth));
    }
    tokens.push(token);
  };

  for (const lexeme of new Lexer().lex(text)) {
    // Each makes a value, and with nothing beside it a large one for its two bytes.
    if (!isScalar && (lexeme === '-' || lexeme === ':')) entries += 1;
    isScalar = lexeme === scalarMark;
    if (entries > maxValues) {
      return { tokens: [], faults: [...faults, tooManyEntries(offset, maxValues)] };
    }
    if (!budget.takeToken()) return { tokens, faults: [...faults, tooMuch(offset, maxTokens)] };
    for (const token of parser.next(lexeme)) take(token);
    if (isTooDeep(parser, maxDepth)) {
      return { tokens: [], faults: [...faults, tooDeep(offset, maxDepth)] };
    }
    if (documents > maxDocuments || faults.length >= maxFaults) return { tokens, faults };
    if (!isMarker(lexeme)) offset += lexeme.length;
  }
  for (const token of parser.end()) take(token);
  return { tokens, faults };
}

/** The lexer's own mark before the text of a scalar. */
const scalarMark = '\u001f';

/** The lexer's own marks (document, end of flow, scalar), which stand for no text. */
function isMarker(lexeme: string): boolean {
  return lexeme === '\u0002' || lexeme === '\u0018' || lexeme === scalarMark;
}

/**
 * The parser keeps in its stack what is open: the document, its collections, at most one text. It ends them by
 * recursion, so what is hidden from a count of brackets and dashes would still end in a stack overflow.
 */
function isTooDeep({ stack }: Parser, maxDepth: number): boolean {
  // The document is no level, and neither is a text.
  return stack.length > maxDepth + 1 && stack.filter((one) => 'items' in one).length > maxDepth;
}

/** The offset at which a document is nested too deeply; walks without recursion. */
function offsetBeyondDepth(document: CST.Document, maxDepth: number): number | undefined {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  const visit = (token: CST.Token | null | undefined, depth: number): void => {
    if (token && 'items' in token) open.push({ token, depth });
  };
  visit(document.value, 1);
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const { token, depth } = top;
    if (depth > maxDepth) return token.offset;
    if (!('items' in token)) continue;
    for (const item of token.items) {
      visit(item.key, depth + 1);
      visit(item.value, depth + 1);
    }
  }
  return undefined;
}

function tooMuch(offset: number, maxTokens: number): Fault {
  return {
    offset,
    code: 'too-large',
    message: `the text has more than ${maxTokens} marks, words and line breaks before here`,
    hint: 'write less: a rule by subnet or by label instead of one for each node',
  };
}

function tooManyEntries(offset: number, maxValues: number): Fault {
  return {
    offset,
    code: 'too-large',
    message: `the document has more than ${maxValues} values before here`,
    hint: 'write less: a rule by subnet or by label instead of one for each node',
  };
}

function tooDeep(offset: number, maxDepth: number): Fault {
  return {
    offset,
    code: 'yaml-too-deep',
    message: `mappings and lists within each other are more than ${maxDepth} levels deep`,
  };
}

function severalDocuments(offset: number, most: number): Fault {
  return {
    offset,
    code: 'yaml-several-documents',
    message:
      most === 1
        ? 'a second document begins here, but one is expected'
        : `more than ${most} documents begin before here`,
    hint: 'take the --- line away, or put each document into a file of its own',
  };
}
