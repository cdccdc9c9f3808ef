/** The desired content of a file of the host. Pure data; apply-edits.ts makes the edits. */
import type { Reason } from '../../resolve/resolution.ts';

interface EditOf<F extends string> {
  readonly form: F;
  /** Has to be one of the writable paths (core/platform/host-paths.ts). */
  readonly path: string;
  /** The settings that ask for it, with their places in the configuration. */
  readonly reasons: readonly Reason[];
}

/**
 * An option of an arguments file (core/platform/arguments/arguments-file.ts). One value: the last
 * occurrence counts, and gets it; several: as many occurrences; none: the option is taken away.
 */
export interface ArgumentsEdit extends EditOf<'arguments'> {
  /** Without the dashes. */
  readonly option: string;
  readonly values: readonly string[];
}

/** A document of a file with several, by its kind and metadata.name; `only`: the file has one. */
export type DocumentChoice = 'only' | { readonly kind: string; readonly name: string };

/**
 * A part of a path into a document: a key, the item of a list that has this value under this key, or
 * the item of a list of texts.
 */
export type YamlStep =
  string | { readonly key: string; readonly value: string } | { readonly item: string };

export type YamlValue =
  string | number | boolean | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/**
 * A value in a document. What is missing on the way to it is an error, except the last part: a key is
 * added to its mapping, and an item to the end of its list. For an item of a list the value is the
 * whole item.
 */
export interface YamlEdit extends EditOf<'yaml'> {
  readonly document: DocumentChoice;
  readonly at: readonly YamlStep[];
  /** Absent: the key or the item is taken away. */
  readonly value?: YamlValue;
}

/** A whole file. */
export interface WholeFileEdit extends EditOf<'whole'> {
  /** Absent: no file is to be there. */
  readonly text?: string;
  /** A file that is there and is not ours: replaced, with a backup; else an error. */
  readonly foreign: 'replace' | 'refuse';
}

export type FileEdit = ArgumentsEdit | YamlEdit | WholeFileEdit;

/**
 * Turns the edited text back where nobody changed these lines meanwhile: an edit and its undo give
 * the same bytes.
 */
export type FileUndo =
  /** The edit made the file: it goes, if it still has this text. */
  | { readonly kind: 'remove'; readonly text: string }
  /** The edit removed or replaced the whole file. */
  | { readonly kind: 'restore'; readonly text: string; readonly edited?: string }
  | { readonly kind: 'lines'; readonly hunks: readonly UndoHunk[] };

/** Lines with their line ends. */
export interface UndoHunk {
  /** 0-based, in the edited text; where to search first. */
  readonly line: number;
  /** The lines of the edited text that go. */
  readonly edited: readonly string[];
  /** The original lines that come instead. */
  readonly original: readonly string[];
  /** The lines around, as many as it takes to find the place again. */
  readonly above: readonly string[];
  readonly below: readonly string[];
}
