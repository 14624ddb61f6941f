import { coordinatorEndpoints, createClient, type HttpClient } from '@fairhop/shared/contract';
import { verifyManifest } from '@fairhop/shared/crypto';
import { FairhopError, type Manifest, type Title } from '@fairhop/shared/model';
import type { ContentStore } from './storage/content-store.js';
import type { TitleReference } from './title-reference.js';

export interface TitleResolution {
  readonly http: HttpClient;
  readonly contents: ContentStore;
  readonly coordinatorUrl: string;
  readonly signal?: AbortSignal | undefined;
}

type Coordinator = ReturnType<typeof createClient<typeof coordinatorEndpoints>>;

/**
 * The title and its verified manifest, from the coordinator, or from disk while that is away. A held content whose title
 * is withdrawn is deleted. @throws `coordinator-mismatch`, `coordinator-unreachable`, `title-unknown`, `title-withdrawn`,
 * `manifest-…`, and what the HTTP client throws
 */
export async function resolveTitle(
  reference: TitleReference,
  { http, contents, coordinatorUrl, signal }: TitleResolution,
): Promise<{ title: Title; manifest: Manifest }> {
  const named = 'coordinatorUrl' in reference ? reference.coordinatorUrl : undefined;
  if (named !== undefined && new URL(named).origin !== new URL(coordinatorUrl).origin) {
    const message = `The title is at ${named}, this agent's coordinator is ${coordinatorUrl}; give --coordinator`;
    throw new FairhopError('coordinator-mismatch', message, { status: 400 });
  }
  const client = createClient(coordinatorEndpoints, { http, baseUrl: coordinatorUrl });
  const options = signal ? { signal } : {};
  const held = contents
    .list()
    .find(({ title }) =>
      'title' in reference ? title.id === reference.title : title.contentId === reference.contentId,
    );
  try {
    const title = await findTitle(reference, held?.title, client, options);
    if (title.state === 'withdrawn') throw titleWithdrawn(title.id);
    const manifest =
      contents.get(title.contentId)?.manifest ??
      (await client.getManifest({ params: { contentId: title.contentId } }, options));
    verifyManifest(manifest, title.contentId);
    return { title, manifest };
  } catch (error) {
    if (!(error instanceof FairhopError)) throw error;
    if (error.code === 'title-withdrawn' && held) await contents.remove(held.title.contentId);
    if (error.code !== 'service-unavailable' && error.code !== 'time-out') throw error;
    if (held) return held;
    const message = `The coordinator at ${coordinatorUrl} cannot be asked for the title: ${error.message}; is it running there?`;
    throw new FairhopError('coordinator-unreachable', message, { status: 503, cause: error });
  }
}

export function titleWithdrawn(title: string): FairhopError {
  const message = `${title} was withdrawn by its owner and cannot be downloaded any more`;
  return new FairhopError('title-withdrawn', message, { status: 410 });
}

async function findTitle(
  reference: TitleReference,
  held: Title | undefined,
  client: Coordinator,
  options: { signal?: AbortSignal },
): Promise<Title> {
  const id = 'title' in reference ? reference.title : held?.id;
  if (id !== undefined) {
    const [owner, name] = id.split('/') as [string, string];
    return client.getTitle({ params: { owner, name } }, options);
  }
  const { titles } = await client.listTitles({ query: {} }, options);
  const title = titles.find(({ contentId }) => 'contentId' in reference && contentId === reference.contentId);
  if (title) return title;
  throw new FairhopError('title-unknown', 'The coordinator publishes no title with this content id', {
    status: 404,
  });
}
