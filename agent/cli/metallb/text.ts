/** The texts of calico-agent metallb. */
import type { ExplainedService } from '../../../core/metallb/explain/explain-service.ts';
import type { MetalLbSettings } from '../../../core/config/metallb/settings.ts';
import type { LivingMetalLb } from '../../../core/metallb/living/living-metallb.ts';
import type { WaitingService } from '../../../core/metallb/living/waiting-services.ts';
import { usualNamespace } from '../../../core/metallb/objects.ts';
import { nameSome } from '../../../core/name-some.ts';
import { printable } from '../../../core/printable.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ManualStep } from '../../../core/platform/manual-step.ts';

export function explainText(services: readonly ExplainedService[]): string {
  if (services.length === 0) return 'no Service is of the type LoadBalancer';
  return services.map(serviceText).join('\n\n');
}

const states = {
  announced: 'gets an address that is announced',
  allocated: 'gets an address that nobody announces',
  pending: 'stays pending',
  'not-ours': 'is not for MetalLB',
} as const;

function serviceText(one: ExplainedService): string {
  const rows: readonly (readonly [string, string])[] = [
    ['has', one.has.length === 0 ? 'no address' : one.has.join(', ')],
    ...(one.gets.length === 0
      ? []
      : [['gets', `${one.gets.join(', ')} of pool ${one.pool ?? ''}`] as const]),
    ...one.announcedBy.map((text) => ['announced by', text] as const),
    ...one.why.map((text) => [one.state === 'announced' ? 'but' : 'because', text] as const),
  ];
  const lines = rows.map(([title, text]) => `  ${title.padEnd(12)}  ${text}`);
  return [`${one.service} ${states[one.state]}`, ...lines].join('\n');
}

/** Steps as a text that can be pasted: their titles are comments. */
export function stepsText(steps: readonly ManualStep[]): string {
  return steps
    .map(({ title, why, commands }) => [`# ${title}: ${why}`, ...commands].join('\n'))
    .join('\n\n');
}

/** The parts of the cluster as comments, so that the whole stays a text that can be pasted. */
export function livingText(
  { controllers }: LivingMetalLb,
  { namespace }: Pick<MetalLbSettings, 'namespace'>,
  waiting: readonly WaitingService[] | undefined,
  install: string,
): string {
  const wanted = namespace?.value ?? usualNamespace;
  return `${headText(controllers, wanted, install)}\n${waitingText(waiting)}`;
}

/** The steps only where it was seen that MetalLB is in no namespace: a second one would fight the first. */
function headText(
  controllers: LivingMetalLb['controllers'],
  wanted: string,
  install: string,
): string {
  if (!controllers.isRead)
    return `# whether MetalLB is installed is not known: ${printable(controllers.why)}\n`;
  if (controllers.value.length === 0) return install;
  const there = controllers.value.find((one) => one.namespace === wanted);
  if (there === undefined) {
    const found = [...new Set(controllers.value.map(({ namespace }) => namespace))];
    return `# MetalLB runs in namespace ${nameSome(found)}: see the error above\n`;
  }
  return `# MetalLB ${there.release ?? '(of an unknown release)'} is installed in namespace ${printable(there.namespace)}: nothing to install\n`;
}

function waitingText(waiting: readonly WaitingService[] | undefined): string {
  if (waiting === undefined) return '# which Services wait is not known\n';
  if (waiting.length === 0) return '# no Service waits for an address\n';
  const rows = waiting.map(({ service, now, gets, why }) => [
    service,
    now,
    gets.length > 0 ? gets.join(', ') : 'none',
    why.join('; '),
  ]);
  const table = formatTable(['SERVICE', 'WAITS NOW, BECAUSE', 'GETS', 'BUT'], rows);
  return `${table
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')}\n`;
}
