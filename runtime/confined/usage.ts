import { readFile } from 'node:fs/promises';

export interface Usage {
  readonly cpuSeconds: number;
  /** 2^20 bytes each. */
  readonly residentMb: number;
}

/** The unit of these fields in Linux: sysconf(_SC_CLK_TCK). */
const ticksPerSecond = 100;
/** Fields of proc_pid_stat(5), counted after the name, which may hold spaces. */
const userTicks = 11;
const systemTicks = 12;

/** Undefined: the process has ended, or its usage cannot be read. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${String(pid)}/stat`, 'latin1'),
      readFile(`/proc/${String(pid)}/status`, 'latin1'),
    ]);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[userTicks]) + Number(fields[systemTicks]);
    const kib = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
    if (!Number.isFinite(ticks) || !Number.isFinite(kib)) return undefined;
    return { cpuSeconds: ticks / ticksPerSecond, residentMb: kib / 1024 };
  } catch {
    return undefined;
  }
}
