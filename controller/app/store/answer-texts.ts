/**
 * The texts of the nodes' answers. Thousands of nodes answer a revision alike: what they say is checked and
 * written once, and each text is made of that and the name of its node.
 */
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import { answerText } from './fleet-texts.ts';

/** The stages of two revisions that follow each other. */
const mostRemembered = 8;

/** The beginning of the texts of one node's answers. */
export interface NodeHead {
  /** With the name, which was checked; undefined: it was not made yet. */
  head: string | undefined;
}

/** @returns a function as `answerText`, with the same texts; for a node it is called with the same object each time */
export function createAnswerTexts(): (answer: StoredAnswer, node?: NodeHead) => string {
  const recent: { readonly answer: StoredAnswer; readonly said: string }[] = [];
  let oldest = 0;
  return (answer, known = { head: undefined }) => {
    for (const one of recent) {
      // The name is checked as well, so that all of the text was.
      if (saysTheSame(one.answer, answer)) return `${(known.head ??= headOf(answer))}${one.said}`;
    }
    const text = answerText(answer);
    const head = headOf(answer);
    if (text.startsWith(head)) {
      recent[oldest] = { answer, said: text.slice(head.length) };
      oldest = (oldest + 1) % mostRemembered;
    }
    return text;
  };
}

/** The text of an answer that says nothing, without its brace at the end. */
function headOf({ formatVersion, node }: StoredAnswer): string {
  return answerText({ formatVersion, node }).slice(0, -1);
}

/** Nodes with the same progress share these objects. */
function saysTheSame(one: StoredAnswer, other: StoredAnswer): boolean {
  return (
    one.revision === other.revision &&
    one.stage === other.stage &&
    one.failure === other.failure &&
    one.takenOver === other.takenOver &&
    one.accepted === other.accepted &&
    one.inForce === other.inForce &&
    one.confirmed === other.confirmed &&
    one.asNumber === other.asNumber &&
    one.routeReflectorClusterId === other.routeReflectorClusterId &&
    one.peers === other.peers
  );
}
