/** Changes of a text inside of an object, where a whole new value would lose what others wrote into it. */
import { allowForwarding } from './allow-forwarding.ts';

export type TextChange = 'allow-forwarding';

const changes: Readonly<Record<TextChange, (text: string) => string | undefined>> = {
  'allow-forwarding': allowForwarding,
};

/** Undefined: the value is no text, or has no place for the change. */
export function changeText(value: unknown, change: TextChange): string | undefined {
  return typeof value === 'string' ? changes[change](value) : undefined;
}
