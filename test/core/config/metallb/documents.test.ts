/** Every document that the accepted sections and the examples print has the form that MetalLB's CRDs ask for. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { parseConfig } from '../../../../core/config/parse.ts';
import { metalLbDocuments } from '../../../../core/render/metallb/metallb-documents.ts';
import { metalLbObjects } from '../../../../core/metallb/objects.ts';
import { metalLbFaults } from '../../../support/metallb/metallb-crds.ts';
import { accepted } from './sections.ts';

function documentsOf(text: string): readonly unknown[] {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { metallb } = parsed.model;
  if (metallb === undefined) return [];
  return metalLbDocuments(metalLbObjects(metallb)).map((one): unknown => parse(one));
}

describe('the documents of MetalLB', () => {
  for (const [name, section] of accepted) {
    it(`fit its CRDs: ${name}`, () => {
      const text = `apiVersion: calico-agent/v1\nkind: NetworkConfig\n${section}\n`;
      const documents = documentsOf(text);
      expect(documents).to.not.deep.equal([]);
      expect(documents.flatMap(metalLbFaults)).to.deep.equal([]);
    });
  }

  it('fit its CRDs in every example', () => {
    const folder = new URL('../../../../examples/', import.meta.url);
    const texts = readdirSync(folder)
      .filter((name) => name.includes('metallb'))
      .map((name) => readFileSync(new URL(`${name}/config.yaml`, folder), 'utf8'));
    const documents = texts.flatMap(documentsOf);
    expect(documents.length).to.be.greaterThan(2);
    expect(documents.flatMap(metalLbFaults)).to.deep.equal([]);
  });

  it('are compared with definitions that find a fault', () => {
    const head = { apiVersion: 'metallb.io/v1beta1', kind: 'BFDProfile', metadata: { name: 'a' } };
    expect(metalLbFaults({ ...head, spec: { receiveInterval: 1, echo: true } })).to.have.length(2);
    expect(metalLbFaults({ ...head, kind: 'Pool' })).to.have.length(1);
  });
});
