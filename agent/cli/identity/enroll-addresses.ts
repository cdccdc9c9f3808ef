/** The addresses of enroll, which agent.yaml has to accept: the token is used before it is read. */
import { controllerIssues } from '../../../core/controller-address/controller-issues.ts';
import { readControllerAddress } from '../../../core/controller-address/controller-address.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { AgentConfig } from '../../../schemas/generated/agent-config.ts';
import { controllerPlace } from '../../app/identity/ask-controller.ts';

/**
 * @param given at least one
 * @returns the addresses, each controller once
 * @throws AppError usage if agent.yaml would refuse them
 */
export async function usableControllers(given: readonly string[]): Promise<readonly string[]> {
  const places = new Map<string, string>();
  for (const url of given) {
    controllerPlace(url);
    const read = readControllerAddress(url, false);
    const place = read.ok ? read.address.url : url;
    if (!places.has(place)) places.set(place, url);
  }
  const urls = [...places.values()];
  const file = '/node.pem';
  const config: AgentConfig = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    controller: { url: urls, identity: { certFile: file, keyFile: file } },
  };
  const reason = await refusalOf(config);
  if (reason === undefined) return urls;
  throw new AppError('usage', `cannot write these controllers into agent.yaml: ${reason}`);
}

async function refusalOf(config: AgentConfig): Promise<string | undefined> {
  const { isAgentConfig } = await import('../../../schemas/generated/agent-config.validator.js');
  const asRead: unknown = config;
  if (isAgentConfig(asRead)) return controllerIssues(config)[0]?.message;
  const { faultText } = await import('../../../core/config/schema/schema-wording.ts');
  const [first] = isAgentConfig.errors ?? [];
  return first === undefined ? 'they have another form' : faultText(first);
}
