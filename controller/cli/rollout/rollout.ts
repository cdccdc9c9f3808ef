/** calico-controller rollout: brings a configuration to the nodes wave by wave. */
import { examples } from '../../../runtime/cli/options.ts';
import type { AddControllerCommand } from '../command-context.ts';
import { addAsks } from './ask.ts';
import { addList } from './list.ts';
import { addStart } from './start.ts';
import { addRolloutStatus } from './status.ts';

export const addRollout: AddControllerCommand = (program, context, toAction) => {
  const rollout = program
    .command('rollout')
    .summary('bring a configuration to the nodes wave by wave')
    .description(
      'Brings a configuration to the nodes wave by wave, as a strategy says. Each wave begins when the ' +
        'nodes of the one before have confirmed it, and no failure came for a while. When too many nodes ' +
        'fail, the waves go back in reverse order, or all nodes at once when the cluster-wide resources ' +
        'have changed.',
    )
    .addHelpText(
      'after',
      examples([
        ['begin', 'calico-controller rollout start network.yaml --strategy strategy.yaml'],
        ['how far is it, and what does it wait for?', 'calico-controller rollout status'],
        ['take it back', "calico-controller rollout abort --why 'pods lost packets'"],
      ]),
    );
  addStart(rollout, context, toAction);
  addRolloutStatus(rollout, context, toAction);
  addAsks(rollout, context, toAction);
  addList(rollout, context, toAction);
};
