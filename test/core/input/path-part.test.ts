import { expect } from 'chai';
import { pathPart } from '../../../core/input/path-part.ts';

describe('a name in the path of a request', () => {
  it('is one part of it, with any characters', () => {
    expect(pathPart('a/b?c 😀')).to.equal('a%2Fb%3Fc%20%F0%9F%98%80');
    expect(pathPart('half \uD800 a pair')).to.equal('half%20%EF%BF%BD%20a%20pair');
  });
});
