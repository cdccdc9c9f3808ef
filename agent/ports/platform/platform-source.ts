import type { Platform } from '../../../schemas/generated/agent-api/platform.ts';

/** Says which platform this node is. Reads only; never rejects. */
export interface PlatformSource {
  read(): Promise<Platform>;
  /** The name alone, which takes a moment. */
  detect(): Promise<Platform['platform']>;
}
