/**
 * The texts of the nodes' answers. Thousands of nodes answer a revision alike: what they say is checked and
 * written once, and each text is made of that and the name of its node.
 */
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import { answerText } from './fleet-texts.ts';

/** The stages of two revisions that follow each other. */
const mostRemembered = 8;

/** @returns a function as `answerText`, with the same texts */
export function createAnswerTexts(): typeof answerText {
  const recent: { readonly answer: StoredAnswer; readonly said: string }[] = [];
  let oldest = 0;
  return (answer) => {
    const { formatVersion, node } = answer;
    for (const known of recent) {
      if (saysTheSame(known.answer, answer)) {
        // The name is checked as well, so that all of the text was.
        return `${withoutEnd(answerText({ formatVersion, node }))}${known.said}`;
      }
    }
    const text = answerText(answer);
    const head = withoutEnd(answerText({ formatVersion, node }));
    if (text.startsWith(head)) {
      recent[oldest] = { answer, said: text.slice(head.length) };
      oldest = (oldest + 1) % mostRemembered;
    }
    return text;
  };
}

/** The text of an object without its brace at the end. */
function withoutEnd(text: string): string {
  return text.slice(0, -1);
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
