/** The records of the newest certificates that were issued. */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import type { IssuedCertificate } from '../../../schemas/generated/issued-certificate.ts';
import { isIssuedCertificate } from '../../../schemas/generated/issued-certificate.validator.js';

/** Undefined: the record cannot be read. */
export function issuedOf(text: string): IssuedCertificate | undefined {
  const data = jsonValue(text, jsonBounds.enrolment);
  return isIssuedCertificate(data) ? data : undefined;
}
