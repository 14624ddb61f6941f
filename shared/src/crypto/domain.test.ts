import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completionBytes,
  domainBytes,
  edgeProofBytes,
  type PeerHelloStatement,
  peerHelloBytes,
  reportBytes,
  sessionProofBytes,
} from './domain.js';

const hello: PeerHelloStatement = {
  role: 'uploader',
  grantId: 'b3f1c9a4-7f64-4a0e-9d57-0b2b6e1c8a11',
  uploader: 'u'.repeat(43),
  downloader: 'd'.repeat(43),
  uploaderFingerprint: 'sha-256 AA:01',
  downloaderFingerprint: 'sha-256 BB:02',
  observedAddress: '127.1.0.5',
  permitId: 'permit-1',
};

describe('signed bytes', () => {
  it('begin with the purpose and put a length before each field', () => {
    expect(Buffer.from(domainBytes('test', ['ä', 258, Uint8Array.of(9)])).toString('hex')).toBe(
      `${Buffer.from('fairhop/test/v1\0').toString('hex')}00000002c3a4000000080000000000000102000000010${'9'}`,
    );
  });

  it('are the same only for the same purpose and fields', () => {
    const statement = fc.tuple(
      fc.constantFrom('a', 'ab', 'b'),
      fc.array(fc.string({ maxLength: 4 }), { maxLength: 4 }),
    );
    fc.assert(
      fc.property(statement, statement, (one, other) => {
        const equal = Buffer.from(domainBytes(...one)).equals(domainBytes(...other));
        expect(equal).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('change with each field of a statement', () => {
    const changes: Partial<PeerHelloStatement>[] = [
      {},
      { role: 'downloader' },
      { grantId: 'b3f1c9a4-7f64-4a0e-9d57-0b2b6e1c8a12' },
      { uploader: 'x'.repeat(43) },
      { downloader: 'x'.repeat(43) },
      { uploaderFingerprint: 'sha-256 AA:03' },
      { downloaderFingerprint: 'sha-256 AA:03' },
      { observedAddress: '127.1.0.6' },
      { permitId: 'permit-2' },
      { permitId: undefined },
    ];
    const forms = changes.map((change) =>
      Buffer.from(peerHelloBytes({ ...hello, ...change })).toString('hex'),
    );
    expect(new Set(forms).size).toBe(changes.length);

    const completion = { agent: 'a', contentId: 'c', title: 'o/n', sizeBytes: 1, timeMs: 2 };
    const completions = [
      {},
      { agent: 'b' },
      { contentId: 'd' },
      { title: 'o/m' },
      { sizeBytes: 2 },
      { timeMs: 3 },
    ];
    const completionForms = completions.map((change) =>
      completionBytes({ ...completion, ...change }).toString(),
    );
    expect(new Set(completionForms).size).toBe(completions.length);

    const proof = { coordinator: 'c', nonce: 'n', key: 'k' };
    const proofs = [{}, { coordinator: 'd' }, { nonce: 'm' }, { key: 'l' }];
    expect(new Set(proofs.map((change) => sessionProofBytes({ ...proof, ...change }).toString())).size).toBe(
      4,
    );
  });

  it('of an edge change with the coordinator, the edge, its URL and the time', () => {
    const proof = { coordinator: 'c', edge: 'e', url: 'http://e', timeMs: 1 };
    const proofs = [{}, { coordinator: 'd' }, { edge: 'f' }, { url: 'http://f' }, { timeMs: 2 }];
    const forms = proofs.map((change) => edgeProofBytes({ ...proof, ...change }).toString());
    expect(new Set(forms).size).toBe(proofs.length);
  });

  it('do not depend on how a stack writes a fingerprint', () => {
    const written = peerHelloBytes({ ...hello, uploaderFingerprint: 'SHA-256  aa:01 ' });
    expect(written).toEqual(peerHelloBytes(hello));
  });

  it('hold the body of a report as it is', () => {
    expect(Buffer.from(reportBytes(Buffer.from('{}'))).toString('latin1')).toBe(
      'fairhop/report/v1\0\0\0\0\x02{}',
    );
  });

  it('refuse numbers that are no counts', () => {
    for (const number of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(() => domainBytes('test', [number])).toThrow(RangeError);
  });
});
