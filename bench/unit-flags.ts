import { readFileSync } from 'node:fs';

/** The flags that systemd/calico-agent.service gives node, in its ExecStart and in NODE_OPTIONS. */
export function unitFlags(): readonly string[] {
  const unit = readFileSync(new URL('../systemd/calico-agent.service', import.meta.url), 'utf8');
  const [, start] = /^ExecStart=.*\/node (.*) \S+\.js run$/m.exec(unit) ?? [];
  const [, options] = /^Environment=NODE_OPTIONS=(.*)$/m.exec(unit) ?? [];
  if (start === undefined || options === undefined) {
    throw new Error('systemd/calico-agent.service starts node in another way than it did');
  }
  return [...options.split(' '), ...start.split(' ')];
}
