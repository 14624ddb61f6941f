import type { AgentStatus } from '../agent-types.js';

/** One thing that happened: a JSON document for programs, a line for people. */
export interface AgentEvent {
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly text: string;
}

type Standing = Pick<AgentStatus, 'agent' | 'online' | 'address' | 'isp' | 'asn'> & {
  readonly upload: Pick<AgentStatus['upload'], 'ready' | 'reasons' | 'permit'>;
};

/** Tells what is new of an agent since the last look: the session with its coordinator, and whether it uploads. */
export interface AgentNews {
  of(status: Standing): AgentEvent[];
}

export function createAgentNews(): AgentNews {
  let before: { online: boolean; uploads: string } | undefined;
  return {
    of: (status) => {
      const { agent, online, address, isp, asn, upload } = status;
      const now = { online, uploads: describeUploads(upload) };
      // Until the first session there is nothing to go back from.
      if (!before && !online) return [];
      const last = before;
      before = now;
      const permit = upload.permit && { id: upload.permit.id, isp: upload.permit.isp };
      const uploadFacts = { uploadReady: upload.ready, reasons: upload.reasons, permit };
      if (!last) {
        const text = `agent ${agent} at ${address} (${isp ?? 'unknown ISP'}), ${now.uploads}`;
        return [{ event: 'ready', facts: { agent, address, isp, asn, ...uploadFacts }, text }];
      }
      const events: AgentEvent[] = [];
      if (last.online && !online)
        events.push(offlineEvent('the session with the coordinator ended; it is tried again'));
      if (!last.online && online)
        events.push({ event: 'connected', facts: { address, isp, asn }, text: 'connected again' });
      if (last.uploads !== now.uploads)
        events.push({ event: 'uploads', facts: uploadFacts, text: now.uploads });
      return events;
    },
  };
}

export const offlineEvent = (message: string): AgentEvent => ({
  event: 'offline',
  facts: { message },
  text: `offline: ${message}`,
});

function describeUploads({ ready, reasons, permit }: Standing['upload']): string {
  return ready ? `uploads are on: permit ${permit?.id}` : `no uploads: ${reasons.join(' ')}`;
}
