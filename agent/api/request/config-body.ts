/** The body of a request that carries a configuration. */
import type { BodyLimits } from '../../../runtime/http/body.ts';

/** The limit of core/config, which is not imported because it would load the YAML parser. */
export const maxConfigBytes = 1024 * 1024;

export const configBody: BodyLimits = {
  maxBytes: maxConfigBytes,
  mediaTypes: ['application/yaml', 'application/json'],
};
