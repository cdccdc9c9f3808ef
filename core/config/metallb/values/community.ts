/** BGP communities as MetalLB writes them. Source: internal/bgp/community. */
import type { Parsed } from '../../../parsed.ts';

export interface CommunityValue {
  readonly form: 'standard' | 'large';
}

/** `a:b` of 16 bits each (RFC 1997), or `large:a:b:c` of 32 bits each (RFC 8092). */
export function parseCommunity(text: string): Parsed<CommunityValue> {
  const parts = text.split(':');
  const isLarge = parts.length === 4 && parts[0] === 'large';
  if (parts.length !== 2 && !isLarge) {
    const isUnmarked = parts.length === 3 && parts.every((part) => /^\d+$/.test(part));
    return {
      ok: false,
      message: `"${text}" is not a BGP community`,
      hint: isUnmarked ? `write large:${text}` : 'write it as 65000:100, or as large:65000:1:100',
    };
  }
  const [numbers, highest] = isLarge
    ? ([parts.slice(1), 4_294_967_295] as const)
    : ([parts, 65_535] as const);
  const wrong = numbers.find((part) => !/^\d{1,10}$/.test(part) || Number(part) > highest);
  if (wrong === undefined) return { ok: true, value: { form: isLarge ? 'large' : 'standard' } };
  const message = `"${wrong}" in the community "${text}" is not a number from 0 to ${highest}`;
  return isLarge || !/^\d+$/.test(wrong)
    ? { ok: false, message }
    : {
        ok: false,
        message,
        hint: 'AS numbers above 65535 need a large community: large:4200000000:1:100',
      };
}
