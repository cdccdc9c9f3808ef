/**
 * One file of K3s' configuration → its keys in their order. K3s reads the first document alone, and
 * of
 * a key that is given twice the last one. Source: k3s pkg/configfilearg/parser.go.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Scalar } from 'yaml';
import { isQuoted } from '../../config/yaml/located-scalar.ts';
import { textBudget } from '../../config/yaml/text-budget.ts';
import { composeDocuments } from '../../config/yaml/yaml-composer.ts';
import { maxFaults, readTokens } from '../../config/yaml/yaml-tokens.ts';
import { textBounds } from '../../input/bounds.ts';
import { isLonger } from '../../input/text-size.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, type FilePlace } from '../file-issues.ts';
import { readScalar, type ReadScalar } from './yaml-scalar.ts';

export interface ConfigItem extends ReadScalar {
  /** In its written form. */
  readonly source: string;
  readonly place: FilePlace;
}

export interface ConfigEntry {
  /** Without the `+`. */
  readonly key: string;
  /** `key+`: added to the values of earlier files. */
  readonly appends: boolean;
  readonly isList: boolean;
  readonly items: readonly ConfigItem[];
  readonly place: FilePlace;
}

export interface ConfigFile {
  readonly entries: readonly ConfigEntry[];
  readonly issues: readonly PlatformIssue[];
}

const bounds = textBounds.hostYaml;

export function parseConfigFile(file: string, given: string): ConfigFile {
  if (isLonger(given, bounds.maxBytes)) {
    const message = `it is larger than ${bounds.maxBytes} bytes, and is not read`;
    return failed(fileIssue('error', { file }, { code: 'too-large', message }));
  }
  const text = given.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const { tokens, faults } = readTokens(text, lines, textBudget(bounds));
  const composed =
    faults.length > 0 ? { contents: [], faults } : composeDocuments(tokens, text.length, maxFaults);
  const placeAt = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const [fault] = composed.faults;
  if (fault !== undefined) {
    const { offset, code, message, hint = 'K3s does not start with it' } = fault;
    return failed(fileIssue('error', placeAt(offset), { code, message, hint }));
  }
  return readRoot(composed.contents, new EntryReader(placeAt), file);
}

function failed(issue: PlatformIssue): ConfigFile {
  return { entries: [], issues: [issue] };
}

function readRoot(contents: readonly unknown[], reader: EntryReader, file: string): ConfigFile {
  const [root, ...others] = contents;
  if (root === undefined || root === null || isNothing(root)) return { entries: [], issues: [] };
  if (!isMap(root)) {
    const message = 'it is no mapping of flags to values: K3s does not start with it';
    const hint = 'write one flag per line: cluster-cidr: 10.42.0.0/16';
    return failed(fileIssue('error', { file, line: 1 }, { code: 'k3s-no-mapping', message, hint }));
  }
  const entries = root.items.flatMap(({ key, value }) => reader.entry(key, value));
  const more = others.find((other) => other !== null && !isNothing(other));
  const ignored = more === undefined ? [] : [severalDocuments(reader.placeOf(more))];
  return { entries, issues: [...reader.issues, ...ignored] };
}

function severalDocuments(place: FilePlace): PlatformIssue {
  return fileIssue('warning', place, {
    code: 'k3s-second-document',
    message: 'K3s reads the first document of a file alone, and not what follows after "---"',
    hint: 'put it into the first document, or into a file of its own in config.yaml.d',
  });
}

function isNothing(node: unknown): boolean {
  return isScalar(node) && (node.source ?? '') === '' && !isQuoted(node);
}

class EntryReader {
  readonly issues: PlatformIssue[] = [];
  readonly #placeAt: (offset: number) => FilePlace;
  readonly #anchors = new Map<string, Node>();

  constructor(placeAt: (offset: number) => FilePlace) {
    this.#placeAt = placeAt;
  }

  placeOf(node: unknown): FilePlace {
    const offset = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : [0];
    return this.#placeAt(offset?.[0] ?? 0);
  }

  entry(keyNode: unknown, given: unknown): readonly ConfigEntry[] {
    const value = this.#resolved(given);
    if (!isScalar(keyNode)) return [];
    const place = this.placeOf(keyNode);
    const { key, appends } = keyOf(keyNode);
    if (isSeq(value)) {
      const items = value.items.map((item) => this.#item(this.#resolved(item), place));
      return [{ key, appends, isList: true, items, place }];
    }
    return [{ key, appends, isList: false, items: [this.#item(value, place)], place }];
  }

  #resolved(node: unknown): unknown {
    const isNamed = isScalar(node) || isSeq(node) || isMap(node);
    if (isNamed && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    return isAlias(node) ? this.#anchors.get(node.source) : node;
  }

  #item(node: unknown, fallback: FilePlace): ConfigItem {
    if (isScalar(node)) {
      const source = sourceOf(node);
      return {
        ...readScalar(source, isQuoted(node)),
        source,
        place: this.#placeOfValue(node, fallback),
      };
    }
    if (node !== null && node !== undefined) {
      const message =
        'K3s expects a text or a list of texts here, and makes nothing useful of this';
      this.issues.push(fileIssue('error', fallback, { code: 'k3s-no-text', message }));
    }
    return { text: '', isNull: true, source: '', place: fallback };
  }

  /** An omitted value has the place of its key. */
  #placeOfValue(node: Scalar, fallback: FilePlace): FilePlace {
    return isNothing(node) ? fallback : this.placeOf(node);
  }
}

function keyOf(node: Scalar): { readonly key: string; readonly appends: boolean } {
  const written = sourceOf(node);
  return { key: written.replace(/\+$/, ''), appends: written.endsWith('+') };
}

function sourceOf(node: Scalar): string {
  return isQuoted(node) ? String(node.value) : (node.source ?? '');
}
