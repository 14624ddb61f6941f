import type { AgentConfig } from './agent-config.js';
import type { AgentParts } from './agent-parts.js';
import type { AgentStatus } from './agent-types.js';

/** How an agent stands; complete also before its first session. */
export function agentStatus(
  config: AgentConfig,
  parts: Pick<
    AgentParts,
    'identity' | 'session' | 'contents' | 'uploads' | 'downloads' | 'outbox' | 'pathEvidence'
  >,
  uploadsWithoutPermit: number,
): AgentStatus {
  const { session, contents, uploads, downloads, outbox } = parts;
  const { welcome } = session;
  return {
    agent: parts.identity.key,
    coordinatorUrl: config.coordinatorUrl,
    online: session.isOnline,
    address: welcome?.address ?? null,
    asn: welcome?.asn ?? null,
    isp: welcome?.isp ?? null,
    contents: contents.list().map(({ title, manifest, store, lastUsedMs, verifiedBytes }) => ({
      title: title.id,
      contentId: manifest.contentId,
      sizeBytes: manifest.sizeBytes,
      verifiedBytes,
      complete: store.complete,
      lastUsedMs: Math.round(lastUsedMs),
    })),
    quarantine: session.quarantine,
    diskBudgetBytes: config.diskBudgetBytes,
    downloads: downloads.progress(),
    upload: whileQuarantined(uploads.status(), session.quarantine),
    unreported: outbox.size,
    droppedReports: outbox.dropped,
    uploadsWithoutPermit,
    tracing: parts.pathEvidence.status(),
  };
}

function whileQuarantined(
  upload: AgentStatus['upload'],
  quarantine: AgentStatus['quarantine'],
): AgentStatus['upload'] {
  if (quarantine === null) return upload;
  return {
    ...upload,
    ready: false,
    reasons: ['the coordinator has this agent in quarantine', ...upload.reasons],
  };
}
