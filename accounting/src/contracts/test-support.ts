import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contract, type ContractTerms, contractTermsSchema } from '@fairhop/shared/model';
import { createLog, createManualClock, openDatabase } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { z } from 'zod';
import { createAccountingObjects } from '../networks/objects.js';
import { networksMigrations } from '../networks/schema.js';
import { openSettlementDatabase } from '../settlement-database.js';
import type { ContractChange } from './contracts.js';
import { type ContractKnowledge, type Contracts, createContracts } from './index.js';
import type { ObjectPlace } from './object-outbox.js';

const ispOfAs: Readonly<Record<number, string>> = { 64501: 'sp1', 64502: 'sp2', 64503: 'sp2' };
const isps = ['sp1', 'sp2'];
/** SP1 is AS 64501 with a router, SP2 the ASes 64502 and 64503; both are neighbours by 64501 and 64502. */
const knowledge = (links: ReadonlyMap<string, readonly string[]>): ContractKnowledge => ({
  isp: (id) => isps.find((isp) => isp === id),
  autonomousSystem: (asn) => ispOfAs[asn],
  isComponent: (id) => id === 'router:core.sp1.example',
  ispOf: (asn) => ispOfAs[asn],
  ownersOf: (component) => (component.startsWith('router:core.sp1') ? ['sp1'] : []),
  linksBetween: (from, to) => links.get(`${from} ${to}`) ?? [],
});

export const operator = { kind: 'operator', id: 'operator' } as const;
export const isp = (id: string) => ({ kind: 'isp', id }) as const;
export const studio = { kind: 'owner', id: 'moviestudio' } as const;

type TermsInput = z.input<typeof contractTermsSchema>;
type ChargeInput = TermsInput['charges'][number];

export const charge = (usage: ChargeInput['usage'], change: Partial<ChargeInput> = {}): ChargeInput => ({
  id: 'traffic',
  description: 'Traffic',
  plan: { type: 'per-unit', price: '0.01' },
  usage,
  ...change,
});

export const terms = (charges: ChargeInput[], change: Partial<TermsInput> = {}): ContractTerms =>
  contractTermsSchema.parse({
    currency: 'EUR',
    timeZone: 'Europe/London',
    period: 'month',
    unit: 'GB',
    charges,
    ...change,
  });

export const JANUARY_MS = Date.UTC(2027, 0, 1);
export const FEBRUARY_MS = Date.UTC(2027, 1, 1);
/** British summer time has begun. */
export const APRIL_MS = Date.UTC(2027, 2, 31, 23);

/** SP1 asks MovieStudio for what goes to its subscribers. */
export const ispOwner = (charges: ChargeInput[], change: Partial<ContractChange> = {}): ContractChange => ({
  kind: 'isp-owner',
  name: 'SP1 and MovieStudio',
  issuer: isp('sp1'),
  payer: studio,
  terms: terms(charges),
  fromMs: JANUARY_MS,
  ...change,
});

export interface TestContracts {
  readonly contracts: Contracts;
  readonly objects: ReturnType<typeof createAccountingObjects>;
  /** What links the AS graph has between networks, by `sp1 sp2`. */
  readonly links: Map<string, readonly string[]>;
  readonly database: Database;
  /** Components that an object has at its end, and since when. */
  entities(object: string): string[];
  /** Single events that are older are dropped. */
  readonly kept: { fromMs: number };
  /** Another process over the same files, which finds objects as these. */
  restart(place?: ObjectPlace): Contracts;
  /** The contract's terms as `<version>: <from> <to>`. */
  versions(contract: Contract): string[];
  stop(): void;
}

export function openTestContracts(): TestContracts {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-contracts-'));
  const database = openSettlementDatabase(join(directory, 'settlement.sqlite'));
  const networks = openDatabase(join(directory, 'networks.db'), networksMigrations, {
    synchronous: 'NORMAL',
  });
  const objects = createAccountingObjects(networks, createManualClock(JANUARY_MS));
  const log = createLog({ name: 'accounting', level: 'silent' });
  const kept = { fromMs: 0 };
  const links = new Map<string, readonly string[]>([
    ['sp1 sp2', ['link:as:64501>as:64502']],
    ['sp2 sp1', ['link:as:64502>as:64501']],
  ]);
  const restart = (place: ObjectPlace = objects): Contracts => {
    const contracts = createContracts({
      database,
      objects: place,
      knows: knowledge(links),
      keptFromMs: () => kept.fromMs,
      log,
    });
    contracts.start();
    return contracts;
  };
  const contracts = restart();
  for (const [party, name] of [
    [operator, 'Fairhop'],
    [isp('sp1'), 'SP One'],
    [isp('sp2'), 'SP Two'],
    [studio, 'Movie Studio'],
  ] as const)
    contracts.parties.put(party, { name, addressLines: ['1 High Street'], country: 'GB' });
  const day = (timeMs: number | null): string =>
    timeMs === null ? 'open' : new Date(timeMs).toISOString().slice(0, 16);
  return {
    contracts,
    objects,
    links,
    database,
    kept,
    restart,
    entities: (object) =>
      objects
        .get(object)
        .entities.map(({ component, fromMs, toMs }) => `${component} ${day(fromMs)} ${day(toMs)}`),
    versions: (contract) =>
      contract.versions.map(({ version, fromMs, toMs }) => `${version}: ${day(fromMs)} ${day(toMs)}`),
    stop() {
      database.close();
      networks.close();
      rmSync(directory, { recursive: true });
    },
  };
}
