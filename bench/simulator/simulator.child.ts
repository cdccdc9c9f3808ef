/** A simulated fleet in a process of its own. */
import { answerParent } from '../children/answer-parent.ts';
import { mainCpuMs, settledMemory } from '../controller/meter.ts';
import { createProfiler } from '../controller/profile.ts';
import { Simulator, type SimulatorSettings } from './simulator.ts';

let simulator: Simulator | undefined;
const profiler = createProfiler();

function running(): Simulator {
  if (simulator === undefined) throw new Error('the fleet does not run');
  return simulator;
}

answerParent({
  connect: async (settings: SimulatorSettings) => {
    simulator = new Simulator(settings);
    await simulator.connect();
  },
  untilWelcome: (count: number) => running().untilWelcome(count),
  counts: () => running().counts(),
  resetCounts: () => running().resetCounts(),
  arrivals: () => running().arrivals(),
  stall: (share: number) => running().stall(share),
  drop: (share: number) => running().drop(share),
  finish: () => running().finish(),
  beat: (rounds: number) => running().beat(rounds),
  cpuMs: () => mainCpuMs(),
  memory: settledMemory,
  profile: () => profiler.begin(),
  endProfile: (file: string) => profiler.end(file),
});
