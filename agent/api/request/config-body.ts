/** The body of a request that carries a configuration. */
import type { BodyLimits } from '../../../runtime/http/body.ts';

/** As core/config has it, whose import would bring the YAML parser along. */
export const maxConfigBytes = 1024 * 1024;

export const configBody: BodyLimits = {
  maxBytes: maxConfigBytes,
  mediaTypes: ['application/yaml', 'application/json'],
};
