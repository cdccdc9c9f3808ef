/** Reads the kernel's routes with the program `ip`, which every machine with Calico has. */
import { execFile } from 'node:child_process';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { parseKernelRoutes, type KernelRoute } from '../../../core/sessions/parse-kernel-routes.ts';
import type { Read } from '../../../core/sessions/session.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import type { HostRoutes } from '../../ports/host-routes.ts';

/** RTPROT_BIRD of linux/rtnetlink.h, as a number, because a file of iproute2 may lack the name. */
const birdProtocol = '12';
const usualDeadlineMs = 5000;
const { maxBytes } = jsonBounds.routes;

export interface RouteProgram {
  /** Returns the output. @throws where the program fails */
  run(args: readonly string[], signal: AbortSignal | undefined): Promise<string>;
}

export function createHostRoutes(program: RouteProgram = createRouteProgram()): HostRoutes {
  const routesOf = async (
    family: 4 | 6,
    signal: AbortSignal | undefined,
  ): Promise<Read<readonly KernelRoute[]>> => {
    try {
      const args = ['-json', `-${family}`, 'route', 'show', 'table', 'main', 'proto', birdProtocol];
      const listed = parseJson((await program.run(args, signal)) || '[]', jsonBounds.routes);
      if (listed.ok) return parseKernelRoutes(listed.data, family);
      return { ok: false, why: `cannot list the kernel's routes: ${listed.reason}` };
    } catch (error) {
      return { ok: false, why: `cannot list the kernel's routes: ${reasonOf(error)}` };
    }
  };
  return {
    birdRoutes: async (signal) => {
      const [fourth, sixth] = await Promise.all([routesOf(4, signal), routesOf(6, signal)]);
      if (!fourth.ok) return fourth;
      if (!sixth.ok) return sixth;
      return { ok: true, value: [...fourth.value, ...sixth.value] };
    },
  };
}

/** Does not wait for a program that ignores SIGTERM. */
export function createRouteProgram(deadlineMs = usualDeadlineMs): RouteProgram {
  return {
    run: async (args, signal) => {
      // A start takes the main thread of a large process 10 ms: several of them must not add up.
      await otherWorkFirst();
      return new Promise((resolve, reject) => {
        const options = {
          timeout: deadlineMs,
          maxBuffer: maxBytes,
          killSignal: 'SIGKILL',
          ...(signal !== undefined && { signal }),
        } as const;
        execFile('ip', args, options, (error, stdout) => {
          if (error === null) resolve(stdout);
          else reject(new Error(whyNot(error)));
        });
      });
    },
  };
}

/** Own texts, because Node's message about a failed program repeats the whole command. */
function whyNot({ code, killed }: { code?: string | number | null; killed?: boolean }): string {
  if (code === 'ENOENT') return 'the program ip is not installed (package iproute2)';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `there are more than ${maxBytes} bytes`;
  if (killed === true) return 'ip does not answer in time';
  return `ip ended with ${String(code ?? 'a signal')}`;
}
