/** The user of a command, for the history: `<user>@<host>`, without spaces. */
import { hostname, userInfo } from 'node:os';

export function callerOf(environment: NodeJS.ProcessEnv): string {
  return `${environment['SUDO_USER'] ?? userName()}@${hostname()}`.replaceAll(/\s/g, '-');
}

/** A user without an account (in a container) has a number only. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
