import { coordinatorEndpoints, createClient, type HttpClient } from '@fairhop/shared/contract';
import { type ContentId, FairhopError } from '@fairhop/shared/model';
import type { ContentStore, HeldContent } from './storage/content-store.js';

/**
 * Asks the coordinator about contents that may have been withdrawn while this agent was away, and calls `onWithdrawn` for
 * those. A content that it never knew is left alone: the agent may have been pointed to another coordinator.
 */
export async function findWithdrawn(
  {
    http,
    contents,
    coordinatorUrl,
    signal,
  }: { http: HttpClient; contents: ContentStore; coordinatorUrl: string; signal: AbortSignal },
  isSuspect: (content: HeldContent) => boolean,
  onWithdrawn: (contentId: ContentId) => void,
): Promise<void> {
  const client = createClient(coordinatorEndpoints, { http, baseUrl: coordinatorUrl });
  for (const { manifest, title } of contents.list().filter(isSuspect)) {
    const { contentId } = manifest;
    const [owner, name] = title.id.split('/') as [string, string];
    try {
      const { state, contentId: current } = await client.getTitle({ params: { owner, name } }, { signal });
      // Another title may still publish it: only the answer for the content itself decides.
      if (state === 'published' && current === contentId) continue;
      await client.getManifest({ params: { contentId } }, { signal });
    } catch (error) {
      if (error instanceof FairhopError && error.code === 'content-withdrawn') onWithdrawn(contentId);
    }
  }
}
