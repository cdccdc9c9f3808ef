/** When a certificate is renewed. All times in ms since 1970. */
export interface Validity {
  readonly validFrom: number;
  readonly validUntil: number;
}

/**
 * The time of the first attempt: after two thirds of its life, and up to a twelfth later, so that
 * nodes that were enrolled together do not come together.
 * @param random at least 0, less than 1
 */
export function renewalTime({ validFrom, validUntil }: Validity, random: number): number {
  return validFrom + (validUntil - validFrom) * (2 / 3 + random / 12);
}
