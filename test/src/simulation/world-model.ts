import type { FairhopError, PeerTransferRecord, Title } from '@fairhop/shared/model';
import type { Books } from './books.js';
import type { SimulatedAgent, Transfer } from './model.js';
import type { OrderDesk } from './order-desk.js';
import type { Chance } from './random.js';
import type { Tally } from './tally.js';
import type { Timeline } from './timeline.js';

/** All that agents share. */
export interface World {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly desk: OrderDesk;
  readonly books: Books;
  readonly tally: Tally;
  readonly transfers: readonly Transfer[];
  /** Refused reports of honest agents: there should be none. */
  readonly refusedOfHonest: readonly string[];
  /** Bytes that edges delivered in place of agents. */
  readonly edgeBytes: number;
  /** The most false bytes that colluders can expect, summed over their requests. */
  readonly collusionBoundBytes: number;
  agent(key: string): SimulatedAgent;
  transferOf(transferId: string): Transfer | undefined;
  /** What a downloader reported of a transfer. */
  reportedParts(transfer: Transfer): readonly PeerTransferRecord[];
  /** Asks the uploader to serve a grant that was used. */
  tryAgain(transfer: Transfer): Promise<void>;
  /** Opens its session anew, from where it is now. */
  connect(agent: SimulatedAgent): Promise<void>;
  /** Gets a title from agents, and the rest from the edge. */
  download(agent: SimulatedAgent, title: Title): Promise<void>;
  /** Sends what waits, unless it is away. */
  report(agent: SimulatedAgent): Promise<void>;
  /** Ends a transfer before it began. */
  refused(code: string, whose: SimulatedAgent, message: string): FairhopError;
  onBegun(transfer: Transfer): void;
  onOver(transfer: Transfer): void;
  onBadData(transfer: Transfer): void;
}
