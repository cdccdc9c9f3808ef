/**
 * Reads AS numbers from the text as it was written: unquoted, 1.10 is a YAML fraction that has
 * already lost its zero, and 0x10 or 1e5 are probably mistakes.
 *
 * Sources: api/pkg/lib/numorstring/asnumber.go (what Calico takes); RFC 5396 (asdot "hi.lo");
 * RFC 7607, 6793, 7300 (reserved), 6996 (private), 5398 (documentation).
 */
import type { Issue } from '../../issue.ts';
import { wholeNumberOf } from './exponent.ts';
import { issueAt } from '../../findings.ts';
import type { LocatedScalar } from '../yaml/located.ts';

export type ParsedAsNumber =
  | { readonly ok: true; readonly value: number; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

const highest = 4_294_967_295;

const reserved: ReadonlyMap<number, string> = new Map([
  [0, 'RFC 7607'],
  [23456, 'RFC 6793: AS_TRANS'],
  [65535, 'RFC 7300'],
  [highest, 'RFC 7300'],
]);

const privateRanges = [
  [64512, 65534],
  [4_200_000_000, 4_294_967_294],
] as const;

const documentationRanges = [
  [64496, 64511],
  [65536, 65551],
] as const;

const decimal = /^(?:0|[1-9]\d{0,19})$/;
const negative = /^-[1-9]\d{0,19}$/;
const dotted = /^(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})$/;
const fraction = /^[-+]?\d*\.\d*$/;

export function parseAsNumber(scalar: LocatedScalar): ParsedAsNumber {
  const { source, quoted, place } = scalar;
  const refuse = (code: string, message: string, hint?: string): ParsedAsNumber => ({
    ok: false,
    issues: [issueAt(place, 'error', code, message, hint)],
  });

  if (!quoted && fraction.test(source)) {
    const message = `${shown(source)} without quotes is read as a fraction, not as an AS number`;
    return refuse('as-number-unquoted-dotted', message, quoteHint(source));
  }
  const value = numberOf(source);
  if (value === undefined) {
    const message = `${shown(source)} is not an AS number`;
    return refuse('as-number-invalid', message, invalidHint(scalar));
  }
  if (value < 0 || value > highest) {
    const message = `${shown(source)} is not an AS number: they go from 1 to 4294967294`;
    return refuse('as-number-out-of-range', message);
  }
  const rfc = reserved.get(value);
  if (rfc !== undefined) {
    return refuse('as-number-reserved', `AS number ${value} is reserved (${rfc})`, privateHint);
  }
  return { ok: true, value, issues: warningsOf(value, scalar) };
}

/** Tools written in Go print numbers from a million on in this form. */
function invalidHint({ source, quoted }: LocatedScalar): string {
  const whole = quoted ? undefined : wholeNumberOf(source);
  return whole === undefined
    ? 'write a number such as 64512, or "hi.lo" in quotes'
    : `a tool has turned the number into a floating-point one: write ${whole}`;
}

const privateHint = 'private ones are 64512 to 65534 and 4200000000 to 4294967294 (RFC 6996)';

/** The number; a part above 65535 of a dotted one makes it too large. */
function numberOf(source: string): number | undefined {
  if (decimal.test(source) || negative.test(source)) return Number(source);
  const [, high, low] = dotted.exec(source) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return Number(low) <= 0xffff ? Number(high) * 0x1_0000 + Number(low) : Infinity;
}

function quoteHint(source: string): string {
  const meant = dotted.test(source) ? numberOf(source) : undefined;
  return meant === undefined || meant > highest
    ? 'write a whole number'
    : `write "${source}" in quotes if AS number ${meant} is meant, else a whole number`;
}

function warningsOf(value: number, { place }: LocatedScalar): readonly Issue[] {
  if (isWithin(privateRanges, value)) return [];
  if (isWithin(documentationRanges, value)) {
    const message = `AS number ${value} is for documentation only (RFC 5398)`;
    return [issueAt(place, 'warning', 'as-number-documentation', message, privateHint)];
  }
  const message = `AS number ${value} is a public one: use it only if it is assigned to you`;
  return [issueAt(place, 'warning', 'as-number-public', message, privateHint)];
}

function isWithin(ranges: readonly (readonly [number, number])[], value: number): boolean {
  return ranges.some(([from, to]) => from <= value && value <= to);
}

function shown(source: string): string {
  const short = source.length > 40 ? `${source.slice(0, 40)}…` : source;
  return short === '' ? 'an empty value' : `"${short}"`;
}
