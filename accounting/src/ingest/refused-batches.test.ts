import { createIdentity, signToken } from '@fairhop/shared/crypto';
import { tokenType } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kid } from '../fixture/coordinator.js';
import { type Reporting, startReporting } from '../fixture/reporting.js';

let reporting: Reporting;
beforeAll(async () => {
  reporting = await startReporting();
});
afterAll(() => reporting.stop());

describe('a batch is refused whole', () => {
  const codeOf = async (posting: Promise<unknown>) =>
    posting.then(
      () => 'accepted',
      (error: { code: string; status: number }) => `${error.status} ${error.code}`,
    );

  it('when its signature or its sender is not right', async () => {
    const { coordinator, downloader, transferOf } = reporting;
    const record = await transferOf();
    const stranger = createIdentity();
    expect(await codeOf(downloader.post([record], { signer: stranger }))).toBe('403 batch-forged');
    const token = await coordinator.access(stranger.key, 'agent');
    expect(await codeOf(downloader.post([record], { token }))).toBe('403 reporter-mismatch');
  });

  it('when its token is expired, forged, of another coordinator, for another service, or missing', async () => {
    const { coordinator, accounting, downloader } = reporting;
    const { key } = downloader.identity;
    const seconds = Math.floor(Date.now() / 1000);
    const expired = await coordinator.access(key, 'agent', { exp: seconds - 120 });
    expect(await codeOf(downloader.post([{}], { token: expired }))).toBe('401 token-expired');
    const foreign = await coordinator.access(key, 'agent', { aud: 'edge' });
    expect(await codeOf(downloader.post([{}], { token: foreign }))).toBe('401 token-audience');
    const other = await coordinator.access(key, 'agent', { iss: 'coordinator.other' });
    expect(await codeOf(downloader.post([{}], { token: other }))).toBe('401 coordinator-not-trusted');
    const claims = { iss: 'x', aud: 'accounting', iat: seconds, exp: seconds + 60, role: 'agent', sub: key };
    const forged = await signToken({ claims, identity: createIdentity(), kid, type: tokenType.access });
    expect(await codeOf(downloader.post([{}], { token: forged }))).toBe('401 token-forged');
    expect(await codeOf(downloader.post([{}], { token: accounting.service.operatorToken }))).toBe(
      '401 token-malformed',
    );
  });

  it('when it is too large, also when gzip makes it small', async () => {
    const { downloader } = reporting;
    const huge = { type: 'nonsense', filling: 'a'.repeat(17 * 1024 * 1024) };
    expect(await codeOf(downloader.post([huge]))).toBe('413 body-too-large');
    expect(await codeOf(downloader.post([huge], { gzip: true }))).toBe('413 body-too-large');
  });

  it('when it is no batch', async () => {
    const { downloader } = reporting;
    expect(await codeOf(downloader.post([]))).toBe('400 invalid-request');
    expect(await codeOf(downloader.post([{}], { incarnation: 'one' }))).toBe('400 invalid-request');
    expect(await codeOf(downloader.post([{}], { firstSequence: -1 }))).toBe('400 invalid-request');
    expect(await codeOf(downloader.post([{}], { ndjson: true, incarnation: 'one' }))).toBe(
      '400 invalid-request',
    );
  });
});
