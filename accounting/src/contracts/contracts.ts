import {
  type Contract,
  type ContractTerms,
  type ContractVersion,
  FairhopError,
  type Party,
  slugSchema,
} from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { agreeOn, endAt, type Versions } from './agree.js';
import { checkKept } from './check-kept.js';
import { checkOverlaps } from './check-overlaps.js';
import { checkParties, checkParty, checkWhoseUsage, invalid } from './check-parties.js';
import { chargePath, checkTerms } from './check-terms.js';
import { createContractStore, type StoredContract } from './contract-store.js';
import { type ContractKnowledge, rememberLinks } from './knowledge.js';
import { objectId, objectsByNetworks, objectsOfEnd, objectsOfVersion } from './object-changes.js';
import { createObjectOutbox, type ObjectPlace } from './object-outbox.js';
import { createPartyStore, type PartyStore } from './party-store.js';

export interface ContractsDependencies {
  /** The settlement database. */
  readonly database: Database;
  readonly objects: ObjectPlace;
  readonly knows: ContractKnowledge;
  /** Single events that are older are dropped. */
  readonly keptFromMs: () => number;
  readonly log: Logger;
}

/** A contract's terms from a time on, in shape already. */
export interface ContractChange extends Pick<Contract, 'kind' | 'name' | 'issuer' | 'payer'> {
  readonly terms: ContractTerms;
  readonly fromMs: number;
}

export interface Contracts {
  /** Makes the changes of accounting objects that a process before this one agreed on and did not come to. */
  start(): void;
  /**
   * The AS graph may be another one: from now on objects of contracts without an end are carried by what it has. What cannot be made is
   * logged, and tried again with the next change.
   */
  networksChanged(nowMs: number): void;
  /**
   * Makes a contract, or agrees on other terms from a time on; agreed again it stays as it is. Throws `contract-parties-invalid`,
   * `party-unknown`, `party-unnamed`, `charge-repeated`, `charge-id-too-long`, `charge-not-theirs`, `rate-plan-invalid`,
   * `tax-invalid`, `usage-invalid`, `network-unknown`, `component-unknown`, `contract-time-invalid` (400), `contract-overlaps`,
   * `contract-parties-fixed`, `contract-ended`, `contract-version-out-of-order`, `period-closed`, `events-dropped`, `object-taken`,
   * `too-many-contracts`, `too-many-versions` (409). Of accounting objects that cannot be made it throws what they throw; the
   * contract stands then.
   */
  put(id: string, change: ContractChange): Contract;
  /** Throws `contract-unknown` (404), `contract-time-invalid` (400), `contract-ended`, `period-closed` (409). */
  end(id: string, atMs: number): Contract;
  /** Throws `contract-unknown` (404). */
  get(id: string): Contract;
  /** All, or those that a party issues or pays. */
  list(of?: { readonly party?: Party | undefined }): Contract[];
  /** Versions in force within a time, cut to it. Throws `contract-unknown` (404). */
  versionsIn(id: string, fromMs: number, toMs: number): (ContractVersion & { readonly toMs: number })[];
  /** From now on nothing before the instant changes. Part of the caller's transaction, if there is one. */
  noteClosed(id: string, untilMs: number): void;
  /** From that instant on (null: at all) all that was invoiced is credited: other terms may be agreed on. Part of the caller's transaction. */
  noteReopened(id: string, fromMs: number | null): void;
  /** Versions in whose place others are, which invoices that are credited may name. */
  formerVersions(id: string): ContractVersion[];
  readonly parties: PartyStore;
}

/** Their list is one answer of some 20 MB then. */
const MAX_CONTRACTS = 10_000;

/** Who invoices whom for what, by dated versions that are never written over once they are settled. */
export function createContracts(dependencies: ContractsDependencies): Contracts {
  const { database, objects, knows, keptFromMs, log } = dependencies;
  const store = createContractStore(database);
  const outbox = createObjectOutbox(database, { objects, log });
  const parties = createPartyStore(database);

  const requireContract = (id: string): StoredContract => {
    const contract = store.get(id);
    if (contract !== undefined) return contract;
    throw new FairhopError('contract-unknown', `there is no contract ${id}; the list names them`, {
      status: 404,
    });
  };
  const saidOf = (versions: Versions) => (object: string) => outbox.saidOf(object, versions);
  const agree = database.transaction((id: string, { terms, fromMs, ...head }: ContractChange): void => {
    const before = store.get(id);
    if (before === undefined && store.count() >= MAX_CONTRACTS) {
      throw conflict(
        'too-many-contracts',
        `there are ${MAX_CONTRACTS} contracts, which is the most that is kept`,
      );
    }
    if (before !== undefined) requireSameParties(before, head);
    const { versions: old = [], closedUntilMs = null } = before ?? {};
    const versions = agreeOn({ contract: id, versions: old, closedUntilMs }, terms, fromMs);
    if (versions === old && before?.name === head.name) return;
    if (versions !== old) {
      checkKept({ ...terms, fromMs }, keptFromMs());
      checkOverlaps({ ...head, id }, { ...terms, fromMs }, store.alike(head), knows);
    }
    store.put({ ...head, id, closedUntilMs }, versions);
    const { name } = head;
    const last = versions.at(-1)!;
    if (last.toMs !== null) return;
    const objects = { contract: id, name, objects: before?.objects ?? [], saidOf: saidOf(old) };
    outbox.add(id, objectsOfVersion(objects, last, old.at(-1), knows), old);
  });
  const end = database.transaction((id: string, atMs: number): void => {
    const { closedUntilMs, objects: ids, versions: before, ...head } = requireContract(id);
    const versions: Versions = endAt({ contract: id, versions: before, closedUntilMs }, atMs);
    if (versions === before) return;
    store.put({ ...head, closedUntilMs }, versions);
    const ended = { contract: id, name: head.name, objects: ids, saidOf: saidOf(before) };
    outbox.add(id, objectsOfEnd(ended, atMs), before);
  });
  const follow = database.transaction((nowMs: number): void => {
    const remembered = rememberLinks(knows);
    for (const { id, name, objects: ids, versions } of store.list()) {
      if (versions.at(-1)!.toMs !== null) continue;
      const contract = { contract: id, name, objects: ids, versions, saidOf: saidOf(versions) };
      outbox.add(id, objectsByNetworks(contract, nowMs, remembered), versions);
    }
  });
  const carryOutOrLog = (): void => {
    try {
      outbox.carryOut();
    } catch (error) {
      log.error({ err: error }, 'accounting objects of contracts could not be made; they are tried again');
    }
  };
  return {
    start: carryOutOrLog,
    networksChanged(nowMs) {
      try {
        follow.immediate(nowMs);
      } catch (error) {
        log.error({ err: error }, 'accounting objects of contracts do not follow the AS graph');
      }
      carryOutOrLog();
    },
    put(id, change) {
      checkParties(change, knows);
      checkTerms(change.terms, knows);
      change.terms.charges.forEach((charge, index) => {
        checkWhoseUsage(charge, chargePath(index), change, knows);
        checkObjectId(objectId(id, charge.id), chargePath(index));
      });
      requireNamed(parties, change.issuer, 'issuer');
      requireNamed(parties, change.payer, 'payer');
      agree.immediate(id, change);
      outbox.carryOut();
      return shown(requireContract(id));
    },
    end(id, atMs) {
      end.immediate(id, atMs);
      outbox.carryOut();
      return shown(requireContract(id));
    },
    get: (id) => shown(requireContract(id)),
    list: ({ party } = {}) => store.list(party).map(shown),
    versionsIn: (id, fromMs, toMs) =>
      requireContract(id)
        .versions.map((version) => ({
          ...version,
          fromMs: Math.max(fromMs, version.fromMs),
          toMs: Math.min(toMs, version.toMs ?? toMs),
        }))
        .filter((version) => version.fromMs < version.toMs),
    noteClosed: (id, untilMs) => store.setClosedUntil(id, untilMs),
    noteReopened: (id, fromMs) => store.setReopenedFrom(id, fromMs),
    formerVersions: store.formerVersions,
    parties: {
      ...parties,
      put(party, details) {
        checkParty(party, 'party', knows);
        return parties.put(party, details);
      },
    },
  };
}

const shown = ({ closedUntilMs, ...contract }: StoredContract): Contract => contract;

function requireSameParties(
  before: StoredContract,
  { kind, issuer, payer }: Pick<Contract, 'kind' | 'issuer' | 'payer'>,
): void {
  const words = (contract: typeof before | { kind: string; issuer: Party; payer: Party }): string =>
    `${contract.kind} from ${contract.issuer.id} to ${contract.payer.id}`;
  const [was, is] = [words(before), words({ kind, issuer, payer })];
  if (was === is) return;
  throw conflict(
    'contract-parties-fixed',
    `contract ${before.id} is ${was}, not ${is}; make another contract`,
  );
}

/** Without their names no invoice can be written. */
function requireNamed(parties: PartyStore, party: Party, side: 'issuer' | 'payer'): void {
  if (parties.get(party) !== undefined) return;
  const message = `${party.kind} ${party.id} has no name and address for invoices; put them first, at /v1/parties/${party.kind}/${party.id}`;
  throw invalid('party-unnamed', side, message);
}

function checkObjectId(object: string, path: string): void {
  if (slugSchema.safeParse(object).success) return;
  const message = `its accounting object would be ${object}, which has ${object.length} characters; contract and charge have 63 together`;
  throw invalid('charge-id-too-long', `${path}.id`, message);
}

const conflict = (code: string, message: string): FairhopError =>
  new FairhopError(code, message, { status: 409 });
