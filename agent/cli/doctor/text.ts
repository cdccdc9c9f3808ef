import { printable } from '../../../core/printable.ts';
import type { Finding } from '../../ports/diagnosis.ts';

/** One line per finding with its hint below, and a last line that counts them. */
export function doctorText(findings: readonly Finding[]): string {
  const width = findings.reduce((widest, { check }) => Math.max(widest, check.length), 0);
  const lines = findings.flatMap(({ check, result, message, hint }) => [
    `${result.padEnd(resultWidth)}  ${check.padEnd(width)}  ${printable(message)}`,
    ...(hint === undefined || result === 'ok' ? [] : [`${indent}→ ${printable(hint)}`]),
  ]);
  return [...lines, totals(findings)].join('\n');
}

const resultWidth = 'warning'.length;
const indent = ' '.repeat(resultWidth + 2);

function totals(findings: readonly Finding[]): string {
  const count = (kind: Finding['result']): number =>
    findings.filter(({ result }) => result === kind).length;
  const warnings = count('warning');
  return `${count('ok')} ok, ${warnings} warning${warnings === 1 ? '' : 's'}, ${count('failed')} failed`;
}
