import { digestOfText } from '../../../core/config/digest-of-text.ts';
import { previewFleet } from '../../../core/preview/preview-fleet.ts';
import { checkConfig } from '../../../controller/adapters/config-checker/check-config.ts';
import type { ConfigChecker } from '../../../controller/ports/config-checker.ts';

/** Checks in this process, without limits. */
export const inProcessChecker: ConfigChecker = {
  check: (text, nodes) => Promise.resolve(checkConfig(text, nodes)),
  preview: (question) => Promise.resolve(previewFleet(question)),
  digest: (text) => Promise.resolve(digestOfText(text)),
  close: () => undefined,
};
