import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';

/**
 * Merges facts from several sources; an earlier source wins over a later one. Each field comes from
 * one source only, so that addresses of two sources never mix; labels add up.
 */
export function mergeFacts(...sources: readonly NodeFactsInput[]): NodeFactsInput {
  return sources.reduceRight((lower, higher) => {
    const { unit: _unit, units: _units, ...withoutUnits } = lower;
    const saysUnits = higher.unit !== undefined || higher.units !== undefined;
    const labels = { ...lower.labels, ...higher.labels };
    return {
      ...(saysUnits ? withoutUnits : lower),
      ...higher,
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
    };
  }, {});
}
