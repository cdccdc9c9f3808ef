/** Runs work that is made in parts to its end, without a rest between them. */
export function finishParts<R>(parts: Generator<undefined, R>): R {
  let step = parts.next();
  while (step.done !== true) step = parts.next();
  return step.value;
}
