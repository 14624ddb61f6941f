import { randomBytes } from 'node:crypto';
import { contentId as contentIdOf, HASH_BYTES, rootOfPieceLayer } from '@fairhop/shared/crypto';
import { MAX_PIECE_LENGTH_BYTES, MAX_PIECES, type Manifest } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, createTestEdge, publicationOf, startCoordinator } from '../test-kit.js';

const params = { owner: 'studio', name: 'film.mp4' };
const content = randomBytes(300_000);
let fixture: CoordinatorFixture;

beforeEach(async () => {
  fixture = await startCoordinator();
  await fixture.client.putOwner({ params: { owner: 'studio' }, body: { name: 'The studio' } });
});
afterEach(() => fixture.stop());

describe('the largest title', () => {
  it('is published, and its manifest read by agents and edges', async () => {
    const sizeBytes = MAX_PIECES * MAX_PIECE_LENGTH_BYTES;
    const pieceLengthBytes = MAX_PIECE_LENGTH_BYTES;
    const layer = randomBytes(MAX_PIECES * HASH_BYTES);
    const merkleRoot = rootOfPieceLayer({ sizeBytes, pieceLengthBytes }, layer).toString('hex');
    const manifest: Manifest = {
      formatVersion: 1,
      contentId: contentIdOf({ formatVersion: 1, sizeBytes, pieceLengthBytes, merkleRoot }),
      sizeBytes,
      pieceLengthBytes,
      merkleRoot,
      pieceLayer: layer.toString('base64'),
      sha256: randomBytes(HASH_BYTES).toString('hex'),
      pieceSha256: randomBytes(MAX_PIECES * HASH_BYTES).toString('base64'),
    };
    const title = await fixture.client.publish({ params, body: { ...publicationOf(content), manifest } });
    expect(title).toMatchObject({ contentId: manifest.contentId, sizeBytes });
    fixture = await fixture.restart();
    const contentId = { params: { contentId: manifest.contentId } };
    const read = await fixture.clientOf({}).getManifest(contentId);
    expect(read.pieceLayer === manifest.pieceLayer && read.pieceSha256 === manifest.pieceSha256).toBe(true);
    const { accessToken } = await createTestEdge(fixture).register();
    const source = await fixture.clientOf({ token: accessToken }).getContentSource(contentId);
    expect(source.manifest.pieceLayer === manifest.pieceLayer).toBe(true);
  });

  it('is a bound: one byte or one hash more is refused', async () => {
    const publication = publicationOf(content);
    const sizeBytes = MAX_PIECES * MAX_PIECE_LENGTH_BYTES + 1;
    const manifest = { ...publication.manifest, sizeBytes, pieceLengthBytes: MAX_PIECE_LENGTH_BYTES };
    await expect(
      fixture.client.publish({ params, body: { ...publication, manifest } }),
    ).rejects.toMatchObject({ status: 422 });
    const pieceLayer = Buffer.alloc((MAX_PIECES + 1) * HASH_BYTES).toString('base64');
    await expect(
      fixture.client.publish({
        params,
        body: { ...publication, manifest: { ...publication.manifest, pieceLayer } },
      }),
    ).rejects.toMatchObject({
      code: 'invalid-request',
      errors: [expect.objectContaining({ path: 'body.manifest.pieceLayer' })],
    });
    await expect(
      fixture.client.publish({
        params,
        body: { ...publication, metadata: { filler: 'x'.repeat(9_000_000) } },
      }),
    ).rejects.toMatchObject({ code: 'body-too-large', status: 413 });
  });
});

describe('publishing', () => {
  it('makes a title that is listed, found, and there after a restart', async () => {
    const publication = publicationOf(content);
    const { manifest, ...rest } = publication;
    const title = await fixture.client.publish({ params, body: publication });
    expect(title).toEqual({
      ...rest,
      ...params,
      id: 'studio/film.mp4',
      contentId: manifest.contentId,
      sizeBytes: content.length,
      state: 'published',
      publishedMs: expect.any(Number),
    });
    fixture = await fixture.restart();
    const stranger = fixture.clientOf({});
    expect(await stranger.listTitles({ query: {} })).toEqual({ titles: [title] });
    expect(await stranger.listTitles({ query: { owner: 'another' } })).toEqual({ titles: [] });
    expect(await stranger.getTitle({ params })).toEqual(title);
    expect(await stranger.getManifest({ params: { contentId: title.contentId } })).toEqual(manifest);
  });

  it('changes nothing with the same content again, and refuses another content under the name', async () => {
    const title = await fixture.client.publish({ params, body: publicationOf(content) });
    const again = publicationOf(content, { category: 'software' });
    expect(await fixture.client.publish({ params, body: again })).toEqual(title);
    await expect(
      fixture.client.publish({ params, body: publicationOf(randomBytes(1000)) }),
    ).rejects.toMatchObject({
      code: 'title-exists',
      status: 409,
      message: expect.stringContaining(title.contentId),
    });
    expect(await fixture.client.getTitle({ params })).toEqual(title);
  });

  it('refuses manifests that do not match their root or id, and keeps nothing of them', async () => {
    const publication = publicationOf(content);
    const other = publicationOf(randomBytes(300_000)).manifest;
    const { manifest } = publication;
    const wrong = [
      ['manifest-root-mismatch', { ...manifest, pieceLayer: other.pieceLayer }],
      ['manifest-root-mismatch', { ...manifest, merkleRoot: other.merkleRoot }],
      ['manifest-content-id-mismatch', { ...manifest, contentId: other.contentId }],
      ['manifest-piece-count', { ...manifest, sizeBytes: manifest.sizeBytes + 2 ** 20 }],
    ] as const;
    for (const [code, changed] of wrong) {
      const body = { ...publication, manifest: changed };
      await expect(fixture.client.publish({ params, body })).rejects.toMatchObject({ code, status: 422 });
    }
    await expect(fixture.client.getTitle({ params })).rejects.toMatchObject({
      code: 'title-unknown',
      status: 404,
    });
  });

  it('refuses other flat hashes for a content that is known', async () => {
    const publication = publicationOf(content);
    await fixture.client.publish({ params, body: publication });
    const manifest = { ...publication.manifest, sha256: '0'.repeat(64) };
    await expect(
      fixture.client.publish({ params: { ...params, name: 'copy.mp4' }, body: { ...publication, manifest } }),
    ).rejects.toMatchObject({ code: 'manifest-differs', status: 409 });
  });

  it('names the wrong field', async () => {
    const { manifest, ...rest } = publicationOf(content);
    const body = { ...rest, manifest: { ...manifest, sizeBytes: -1 } };
    await expect(fixture.client.publish({ params, body })).rejects.toMatchObject({
      status: 400,
      errors: expect.arrayContaining([expect.objectContaining({ path: 'body.manifest.sizeBytes' })]),
    });
    const huge = { ...rest, manifest: { ...manifest, sizeBytes: 2 ** 60 } };
    await expect(fixture.client.publish({ params, body: huge })).rejects.toMatchObject({
      status: 400,
      errors: expect.arrayContaining([expect.objectContaining({ path: 'body.manifest.sizeBytes' })]),
    });
    await expect(
      fixture.client.publish({ params: { ...params, name: 'No Slug' }, body: publicationOf(content) }),
    ).rejects.toMatchObject({ status: 400, errors: [{ path: 'params.name', message: expect.any(String) }] });
  });

  it('takes a registered owner, and its own key or the operator’s token', async () => {
    const body = publicationOf(content);
    await expect(
      fixture.client.publish({ params: { ...params, owner: 'nobody' }, body }),
    ).rejects.toMatchObject({ code: 'owner-unknown', status: 404 });
    await expect(fixture.clientOf({}).publish({ params, body })).rejects.toMatchObject({ status: 401 });
    await expect(fixture.clientOf({ token: 'wrong' }).publish({ params, body })).rejects.toMatchObject({
      status: 401,
    });
    await fixture.client.putOwner({ params: { owner: 'rival' }, body: { name: 'Rival' } });
    const { apiKey: rivalKey } = await fixture.client.createOwnerApiKey({ params: { owner: 'rival' } });
    const rival = fixture.clientOf({ token: rivalKey });
    await expect(rival.publish({ params, body })).rejects.toMatchObject({ code: 'forbidden', status: 403 });
    const { apiKey } = await fixture.client.createOwnerApiKey({ params: { owner: 'studio' } });
    const owner = fixture.clientOf({ token: apiKey });
    await owner.publish({ params, body });
    await expect(rival.withdraw({ params })).rejects.toMatchObject({ status: 403 });
    await expect(owner.listOwners({})).rejects.toMatchObject({ status: 403 });
    await expect(fixture.client.createOwnerApiKey({ params: { owner: 'nobody' } })).rejects.toMatchObject({
      code: 'owner-unknown',
    });
    expect((await fixture.client.listOwners({})).owners).toEqual([
      { owner: 'rival', name: 'Rival' },
      { owner: 'studio', name: 'The studio' },
    ]);
  });
});

describe('withdrawing', () => {
  it('ends a title for everybody, and frees its name', async () => {
    const { contentId } = await fixture.client.publish({ params, body: publicationOf(content) });
    expect(await fixture.client.withdraw({ params })).toMatchObject({ state: 'withdrawn' });
    expect(await fixture.client.withdraw({ params })).toMatchObject({ state: 'withdrawn' });
    await expect(fixture.client.getTitle({ params })).rejects.toMatchObject({
      code: 'title-withdrawn',
      status: 410,
    });
    await expect(fixture.client.getManifest({ params: { contentId } })).rejects.toMatchObject({
      code: 'content-withdrawn',
      status: 410,
    });
    expect(await fixture.client.listTitles({ query: {} })).toEqual({ titles: [] });
    const next = await fixture.client.publish({ params, body: publicationOf(randomBytes(1000)) });
    expect(next.contentId).not.toBe(contentId);
  });

  it('tells edges by revision, and leaves a content that another title has', async () => {
    const edge = createTestEdge(fixture);
    await edge.register();
    const copy = { owner: 'studio', name: 'copy.mp4' };
    const { contentId } = await fixture.client.publish({ params, body: publicationOf(content) });
    await fixture.client.publish({ params: copy, body: publicationOf(content) });
    await fixture.client.withdraw({ params });
    const before = await edge.beat();
    expect(before.changes).toEqual([]);
    await fixture.client.withdraw({ params: copy });
    const withdrawn = await edge.beat(before.withdrawnRevision);
    expect(withdrawn.changes).toEqual([{ contentId, state: 'withdrawn' }]);
    expect((await edge.beat(withdrawn.withdrawnRevision)).changes).toEqual([]);
    await fixture.client.publish({ params, body: publicationOf(content) });
    expect((await edge.beat(withdrawn.withdrawnRevision)).changes).toEqual([
      { contentId, state: 'published' },
    ]);
  });

  it('gives 404 for what was never there', async () => {
    await expect(fixture.client.withdraw({ params })).rejects.toMatchObject({
      code: 'title-unknown',
      status: 404,
    });
    const contentId = 'a'.repeat(64);
    await expect(fixture.client.getManifest({ params: { contentId } })).rejects.toMatchObject({
      code: 'content-unknown',
      status: 404,
    });
  });
});

describe('a content’s source', () => {
  it('is told to registered edges and the operator alone', async () => {
    const { id, contentId } = await fixture.client.publish({ params, body: publicationOf(content) });
    const source = { params: { contentId } };
    const { accessToken } = await createTestEdge(fixture).register();
    expect(await fixture.clientOf({ token: accessToken }).getContentSource(source)).toMatchObject({
      origin: { kind: 'directory', path: 'studio/film.mp4' },
      title: { id },
    });
    await expect(fixture.clientOf({}).getContentSource(source)).rejects.toMatchObject({ status: 401 });
    const { apiKey } = await fixture.client.createOwnerApiKey({ params: { owner: 'studio' } });
    await expect(fixture.clientOf({ token: apiKey }).getContentSource(source)).rejects.toMatchObject({
      status: 403,
    });
  });
});
