/**
 * The second reading of YAML: tokens → nodes. The library makes an error with a stack for each
 * comma too many, a million of them in a text of 1 MiB; here the first few end the reading.
 */
import { Composer, type CST } from 'yaml';
import { faultOf, type Fault, type FaultCode } from './yaml-faults.ts';

export interface ComposedDocuments {
  /** The root node of each document. */
  readonly contents: readonly unknown[];
  readonly faults: readonly Fault[];
}

type Source = number | readonly [number, number] | { readonly offset: number };

/** @param textLength in UTF-16 units; the end of a document that has no end of its own */
export function composeDocuments(
  tokens: readonly CST.Token[],
  textLength: number,
  maxFaults: number,
): ComposedDocuments {
  const faults: Fault[] = [];
  const onError = (source: Source, code: FaultCode, _: string, isWarning?: boolean): void => {
    if (isWarning === true) return;
    faults.push(faultOf(offsetOf(source), code));
    if (faults.length >= maxFaults) throw new EnoughFaults();
  };
  const composer = new Composer({ schema: 'core', merge: false, uniqueKeys: false });
  // The library has no option for seeing errors as they occur, but it calls this property. A test
  // checks that a new version still does.
  Object.assign(composer, { onError });
  try {
    const documents = [...composer.compose(tokens, true, textLength)];
    return { contents: documents.map(({ contents }): unknown => contents), faults };
  } catch (error) {
    if (error instanceof EnoughFaults) return { contents: [], faults };
    throw error;
  }
}

/** Ends the reading, and is caught in this file. */
class EnoughFaults extends Error {}

function offsetOf(source: Source): number {
  if (typeof source === 'number') return source;
  return 'offset' in source ? source.offset : source[0];
}
