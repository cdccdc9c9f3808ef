/** The texts of calico-agent metallb. */
import type { ExplainedService } from '../../../core/metallb/explain/explain-service.ts';
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
