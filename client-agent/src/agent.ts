import { loadOrCreateIdentity } from '@fairhop/shared/crypto';
import { FairhopError } from '@fairhop/shared/model';
import { type DataDirectory, type Logger, openDataDirectory } from '@fairhop/shared/service';
import type { AgentConfig } from './agent-config.js';
import { SESSION_TIMEOUT_MS } from './agent-downloads.js';
import { type AgentParts, createAgentParts } from './agent-parts.js';
import { agentStatus } from './agent-status.js';
import type { Agent, AgentStatus, DownloadOptions, DownloadResult } from './agent-types.js';
import { checkBindAddress } from './bind-address.js';
import { type ControlServer, createControlServer } from './control-server.js';
import { listenToCoordinator } from './coordinator-messages.js';
import { holdingOf } from './holdings.js';
import { openOutbox } from './report/outbox.js';

const DATA_FORMAT_VERSION = 1;
/** How often transfers under way are told of, and their parts looked at. */
const TICK_MS = 1000;
/** Transfers of one `progress` message. */
const MAX_PROGRESS_TRANSFERS = 256;
/** An orderly end waits this long for accounting. */
const FLUSH_TIMEOUT_MS = 5000;

export interface AgentDependencies {
  readonly log: Logger;
  /** The session came or went, or whether it uploads changed: `status` tells how it stands now. */
  readonly onChange?: () => void;
}

/** An agent: it downloads titles, keeps them, and uploads what it holds where that is permitted. */
export function createAgent(config: AgentConfig, deps: AgentDependencies): Agent {
  return new ClientAgent(config, deps);
}

/** What exists between start and stop. */
interface Started extends AgentParts {
  readonly directory: DataDirectory;
  readonly control: ControlServer;
}

class ClientAgent implements Agent {
  readonly #config: AgentConfig;
  readonly #log: Logger;
  readonly #onChange: () => void;
  readonly #stopping = new AbortController();
  #parts: Started | undefined;
  #timer: NodeJS.Timeout | undefined;
  #uploadsWithoutPermit = 0;

  constructor(config: AgentConfig, { log, onChange }: AgentDependencies) {
    this.#config = config;
    this.#log = log;
    this.#onChange = () => {
      if (this.#parts && !this.#stopping.signal.aborted) onChange?.();
    };
  }

  get key(): string {
    return this.#started.identity.key;
  }

  get #started(): Started {
    if (!this.#parts) throw new FairhopError('agent-not-started', 'The agent is not started');
    return this.#parts;
  }

  async start(): Promise<void> {
    if (this.#config.bindAddress !== undefined) await checkBindAddress(this.#config.bindAddress);
    const directory = await openDataDirectory(this.#config.dataDirectory, {
      name: 'agent',
      formatVersion: DATA_FORMAT_VERSION,
      log: this.#log,
    });
    const undo: (() => unknown)[] = [() => directory.close()];
    try {
      const identity = await loadOrCreateIdentity(directory.file('identity.pem'));
      const outbox = openOutbox(directory.file('reports.db'), this.#log);
      undo.push(() => outbox.close());
      const parts = createAgentParts({
        config: this.#config,
        log: this.#log,
        identity,
        outbox,
        contentsDirectory: directory.file('contents'),
        sentCountersFile: directory.file('sent.bin'),
        onChange: this.#onChange,
        onUploadWithoutPermit: (transferId, reason) => {
          this.#uploadsWithoutPermit += 1;
          this.#log.warn({ transferId, reason }, 'an upload came without permit');
        },
        uploadsWithoutPermit: () => this.#uploadsWithoutPermit,
      });
      undo.push(() => Promise.all([parts.uploads.stop(), parts.http.close(), parts.edgeHttp.destroy()]));
      const control = createControlServer(directory.path, this);
      this.#parts = { ...parts, directory, control };
      await control.start();
    } catch (error) {
      this.#parts = undefined;
      for (const step of undo.reverse()) await step();
      throw error;
    }
    this.#run(this.#parts);
  }

  #run(parts: Started): void {
    const { contents, session, uploads, reporter, recorder } = parts;
    listenToCoordinator(parts, this.#stopping.signal);
    contents.start().then(
      () => {
        for (const { store } of contents.list()) if (store.complete) session.send(holdingOf(store, false));
      },
      (error: unknown) => this.#log.error({ error: String(error) }, 'the contents cannot be opened'),
    );
    session.start();
    uploads.start();
    parts.pathEvidence.start();
    reporter.start();
    this.#timer = setInterval(() => {
      this.#tellLoad();
      try {
        recorder.cutDue(session.nowMs());
      } catch (error) {
        // Tried again with the next look: the disk may have room then.
        this.#log.error({ error: String(error) }, 'what was received cannot be put among the reports');
      }
    }, TICK_MS);
  }

  #tellLoad(): void {
    const { session, transfers, uploads } = this.#started;
    const sent = uploads.uploader.status().map(({ transferId, sentBytes, downloaderAddress }) => ({
      transferId,
      bytes: sentBytes,
      remoteAddress: downloaderAddress,
    }));
    const all = [...transfers.running(), ...sent].slice(0, MAX_PROGRESS_TRANSFERS);
    if (all.length > 0) session.send({ type: 'progress', transfers: all });
  }

  async online(timeoutMs = SESSION_TIMEOUT_MS): Promise<void> {
    await this.#started.session.ready(timeoutMs);
  }

  async download(reference: string, options: DownloadOptions = {}): Promise<DownloadResult> {
    return this.#started.downloads.download(reference, options);
  }

  status(): AgentStatus {
    return agentStatus(this.#config, this.#started, this.#uploadsWithoutPermit);
  }

  async stop(): Promise<void> {
    const parts = this.#parts;
    if (!parts || this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    const { control, have, transfers, uploads, session, reporter, contents, http, edgeHttp } = parts;
    await control.stop();
    clearInterval(this.#timer);
    await Promise.all([parts.downloads.stop(), parts.pathEvidence.stop()]);
    transfers.stop();
    await uploads.stop();
    have.stop();
    await reporter.stop();
    await reporter.flush(FLUSH_TIMEOUT_MS);
    await session.stop();
    await contents.stop();
    parts.outbox.close();
    await Promise.all([http.close(), edgeHttp.destroy()]);
    parts.directory.close();
    this.#parts = undefined;
  }
}
