import { MAXIMUM_HOURS } from './check-event.js';
import { BINS_PER_HOUR } from './schema.js';

export interface Sum {
  events: number;
  bytes: number;
}

/** Sums of one subject (route or owner) and hour, with the bytes of each 5-minute bin. */
export interface HourSum extends Sum {
  readonly subject: number;
  readonly hour: number;
  readonly bins: number[];
}

/** What a newly booked event adds to. */
export interface Booked {
  readonly bin: number;
  readonly bytes: number;
  readonly route: number;
  readonly owner: number;
  /** Whether it went to a client. */
  readonly isDelivery: boolean;
  readonly host: number;
  readonly file: number;
}

interface RouteHour extends HourSum {
  readonly owners: Map<number, Sum>;
}

/** Subject ids up to 2^31 and hours make one exact integer. */
const hourKey = (subject: number, hour: number): number => subject * MAXIMUM_HOURS + hour;

/** What one batch adds to the rollups, summed up first: one write for all events of the batch that share a row. */
export class RollupDeltas {
  readonly #routeHours = new Map<number, RouteHour>();
  readonly #ownerHours = new Map<number, HourSum>();
  readonly #ownerDeliveryHours = new Map<number, HourSum>();
  readonly #hostFiles = new Map<number, Map<number, Sum>>();
  #bytes = 0;

  /** Bytes that may still be added: every sum stays an exact integer. */
  get room(): number {
    return Number.MAX_SAFE_INTEGER - this.#bytes;
  }

  add(event: Booked): void {
    const { bytes, owner } = event;
    const hour = Math.floor(event.bin / BINS_PER_HOUR);
    const bin = event.bin % BINS_PER_HOUR;
    this.#bytes += bytes;

    const routeKey = hourKey(event.route, hour);
    let routeHour = this.#routeHours.get(routeKey);
    if (routeHour === undefined) {
      routeHour = { ...newHour(event.route, hour), owners: new Map() };
      this.#routeHours.set(routeKey, routeHour);
    }
    addToHour(routeHour, bin, bytes);
    addTo(routeHour.owners, owner, bytes);

    addToHour(hourOf(this.#ownerHours, owner, hour), bin, bytes);
    if (event.isDelivery) addToHour(hourOf(this.#ownerDeliveryHours, owner, hour), bin, bytes);

    let files = this.#hostFiles.get(event.host);
    if (files === undefined) {
      files = new Map();
      this.#hostFiles.set(event.host, files);
    }
    addTo(files, event.file, bytes);
  }

  get routeHours(): Iterable<RouteHour> {
    return this.#routeHours.values();
  }

  get ownerHours(): Iterable<HourSum> {
    return this.#ownerHours.values();
  }

  get ownerDeliveryHours(): Iterable<HourSum> {
    return this.#ownerDeliveryHours.values();
  }

  get hostFiles(): Iterable<[number, Map<number, Sum>]> {
    return this.#hostFiles;
  }

  get owners(): number[] {
    return [...new Set([...this.#ownerHours.values()].map(({ subject }) => subject))];
  }
}

function hourOf(hours: Map<number, HourSum>, subject: number, hour: number): HourSum {
  const key = hourKey(subject, hour);
  let sum = hours.get(key);
  if (sum === undefined) {
    sum = newHour(subject, hour);
    hours.set(key, sum);
  }
  return sum;
}

function newHour(subject: number, hour: number): HourSum {
  return { subject, hour, events: 0, bytes: 0, bins: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
}

function addToHour(sum: HourSum, bin: number, bytes: number): void {
  sum.events += 1;
  sum.bytes += bytes;
  sum.bins[bin]! += bytes;
}

function addTo(sums: Map<number, Sum>, key: number, bytes: number): void {
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, { events: 1, bytes });
  else {
    sum.events += 1;
    sum.bytes += bytes;
  }
}
