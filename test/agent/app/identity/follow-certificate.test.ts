import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAdapterHealth } from '../../../../agent/app/health/adapter-health.ts';
import {
  followCertificate,
  type CertificateFollower,
  type FollowedCertificate,
} from '../../../../agent/app/identity/follow-certificate.ts';
import { metricsOf } from '../../../../agent/app/metrics/metrics.ts';
import { formatStatus } from '../../../../agent/cli/output/status-text.ts';
import { statusOfAgent } from '../../../../core/juju/unit-status.ts';
import { newKey } from '../../../../runtime/x509/key-pair.ts';
import { writeCertificate } from '../../../../runtime/x509/certificate.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { isAgentStatus } from '../../../../schemas/generated/agent-status.validator.js';
import { eventually } from '../../../support/eventually.ts';
import { agentStatus } from '../../cli/agent-status.ts';

const dayMs = 86_400_000;
const begin = Date.parse('2026-06-01T00:00:00Z');

describe("a node's certificate", () => {
  let folder: string;
  let certFile: string;
  let day: number;
  let looks: (() => void)[];
  let logged: string[];
  let shown: AgentStatus['certificate'];
  let follower: CertificateFollower | undefined;
  const now = (): string => new Date(begin + day * dayMs).toISOString();
  const health = (): ReturnType<typeof createAdapterHealth> => createAdapterHealth({ now });
  let adapters: ReturnType<typeof createAdapterHealth>;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-certificate-'));
    certFile = path.join(folder, 'node.pem');
    [day, looks, logged, shown, follower] = [1, [], [], undefined, undefined];
    adapters = health();
    await write(0);
  });
  afterEach(async () => {
    follower?.stop();
    await rm(folder, { recursive: true });
  });

  /** A certificate for 90 days. */
  async function write(fromDay: number): Promise<void> {
    const { key, publicKey } = await newKey();
    const validFrom = begin + fromDay * dayMs;
    const validUntil = validFrom + 90 * dayMs;
    const use = { for: 'client', names: [{ uri: 'calico-agent://c/node/node-0' }] } as const;
    const content = { commonName: 'node-0', publicKey, validFrom, validUntil, use };
    await writeFile(certFile, (await writeCertificate(content, { key })) + key);
  }

  function follow(renew?: FollowedCertificate['renew']): void {
    const note = (message: string): void => void logged.push(message);
    const clock = {
      now,
      after: (_ms: number, look: () => void) => {
        looks.push(look);
        return () => undefined;
      },
      random: () => 0,
    };
    const show = (next: AgentStatus['certificate']): void => {
      shown = next;
    };
    const logger = { info: note, warn: note, error: note };
    const parts = { certFile, clock, logger, health: adapters, show };
    follower = followCertificate({ ...parts, ...(renew !== undefined && { renew }) });
  }

  /** Resolves after the look. */
  async function lookOn(on: number): Promise<void> {
    day = on;
    const count = looks.length;
    looks.at(-1)?.();
    await eventually(() => expect(looks).to.have.length(count + 1));
  }

  const status = (): AgentStatus => ({
    ...agentStatus,
    ...(shown !== undefined && { certificate: shown }),
    degraded: [...adapters.degraded()],
  });
  const line = (): string => /^certificate +(.*)$/m.exec(formatStatus(status()))?.[1] ?? '';
  const metric = (name: string): number | undefined => {
    const counted = { events: new Map(), calls: new Map(), passes: 0, gateSeconds: 0 };
    const process = { nodeVersion: '', residentBytes: 0, cpuSeconds: 0 };
    return metricsOf({ status: status(), counted, process }).find((one) => one.name === name)
      ?.samples[0]?.value;
  };

  it('is shown at once with its end', async () => {
    follow();
    await eventually(() => expect(line()).to.equal('valid until 2026-08-30T00:00:00.000Z'));
    const end = Date.parse('2026-08-30T00:00:00Z') / 1000;
    expect(metric('calico_agent_certificate_expires_seconds')).to.equal(end);
    expect(metric('calico_agent_certificate_problem')).to.equal(0);
    expect(isAgentStatus(status())).to.equal(true);
  });

  it('whose renewal fails is shown with the reason, to Juju too, until it succeeds', async () => {
    let reason: string | undefined = 'it hung up';
    follow(async () => {
      if (reason !== undefined) throw new Error(reason);
      await write(day);
    });
    await lookOn(59);
    expect(logged).to.deep.equal([]);
    await lookOn(61);
    expect(line()).to.contain('; 1 attempt to renew it failed; next attempt at ');
    expect(line()).to.contain('it hung up');
    await lookOn(61);
    await lookOn(61);
    expect(adapters.degraded().map(({ adapter, attempts }) => [adapter, attempts])).to.deep.equal([
      ['certificate', 3],
    ]);
    expect(metric('calico_agent_certificate_renewal_failures')).to.equal(3);
    expect(statusOfAgent(status()).message).to.contain(
      "the renewal of this node's certificate fails",
    );
    expect(formatStatus(status())).to.contain("renewal of this node's certificate: 3 attempts");
    expect(isAgentStatus(status())).to.equal(true);
    reason = undefined;
    await lookOn(62);
    expect(line()).to.equal('valid until 2026-10-31T00:00:00.000Z');
    expect(adapters.degraded()).to.deep.equal([]);
    expect(metric('calico_agent_certificate_renewal_failures')).to.equal(0);
  });

  it('that nobody renews is a warning when a sixth of its life is left', async () => {
    follow();
    await lookOn(74);
    expect(shown?.problem).to.equal(undefined);
    await lookOn(76);
    expect(line()).to.contain('not renewed yet');
    expect(metric('calico_agent_certificate_problem')).to.equal(1);
    expect(statusOfAgent(status()).message).to.contain("the node's certificate is valid until");
    await lookOn(91);
    expect(line()).to.contain('expired since 2026-08-30');
  });

  it('is told apart from a wrong clock, and renewed when the clock jumps', async () => {
    const asked: number[] = [];
    follow(async () => {
      asked.push(day);
      // The controller judges by its own clock.
      if (day > 90) await write(61);
      else throw new Error('the certificate was revoked');
    });
    await lookOn(-3);
    expect(line()).to.contain('not valid before 2026-06-01T00:00:00.000Z: compare the clocks');
    expect(asked).to.deep.equal([]);
    // Far ahead: the certificate seems to have expired.
    await lookOn(1000);
    expect(asked).to.deep.equal([1000]);
    await lookOn(63);
    expect(line()).to.equal('valid until 2026-10-30T00:00:00.000Z');
  });

  it('is looked at again when somebody reloads the agent, and never after its end', async () => {
    follow();
    await lookOn(80);
    await write(79);
    follower?.look();
    await eventually(() => expect(line()).to.equal('valid until 2026-11-17T00:00:00.000Z'));
    follower?.stop();
    const before = shown;
    await write(0);
    follower?.look();
    expect(shown).to.equal(before);
  });

  for (const outcome of ['fails', 'succeeds'] as const) {
    it(`is not shown any more when it is given up and its renewal ${outcome} later`, async () => {
      const told: string[] = [];
      const tell = (adapter: string): void => void told.push(adapter);
      adapters = { ...health(), failed: tell, succeeded: tell };
      let end: () => void = () => undefined;
      const asked = new Promise<void>((tellAsked) => {
        follow(async () => {
          await new Promise<void>((resolve) => {
            end = resolve;
            tellAsked();
          });
          if (outcome === 'fails') throw new Error('it hung up');
        });
      });
      day = 61;
      looks.at(-1)?.();
      await asked;
      follower?.stop();
      [shown, told.length, logged.length] = [undefined, 0, 0];
      end();
      if (outcome === 'succeeds') await eventually(() => expect(logged).to.have.length(1));
      else await new Promise((resolve) => setImmediate(resolve));
      expect(shown).to.equal(undefined);
      expect(told).to.deep.equal([]);
      // The file is new, and no other attempt follows.
      const renewed = ['renewed the certificate of this node'];
      expect(logged).to.deep.equal(outcome === 'succeeds' ? renewed : []);
    });
  }
});
