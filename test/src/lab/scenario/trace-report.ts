import { namedAddresses } from '../build/name-service.js';
import { type Host, type Internet, NO_NAT, natOf } from '../internet-model.js';
import type { LabReport } from '../measure/report.js';
import type { Trace } from './traced-routers.js';

/** What agents and edges traced, and what agents found out of the NATs that they are behind. */
export function traceReport(internet: Internet, traces: readonly Trace[]): LabReport['traces'] {
  const routers = new Set(
    namedAddresses(internet).flatMap(({ address, router }) => (router === null ? [] : [address])),
  );
  const isAnswered = ({ hops }: Trace): boolean =>
    hops.some(({ replies }) => replies.some(({ address }) => routers.has(address)));
  const made = (by: readonly Host[]): Trace[] =>
    traces.filter(({ sourceAddress }) => by.some(({ address }) => address === sourceAddress));
  const subscribers = internet.hosts.filter(({ role }) => role === 'subscriber');
  const edges = internet.hosts.filter(({ role }) => role === 'edge');
  const nats = new Set(subscribers.map(natOf));
  return {
    agents: made(subscribers).filter(isAnswered).length,
    edges: made(edges).filter(isAnswered).length,
    nats: [...nats].map((nat) => {
      const behind = made(subscribers.filter((host) => natOf(host) === nat));
      return { nat, traces: behind.length, right: behind.filter((trace) => isRight(nat, trace)).length };
    }),
  };
}

/** Knows the kind of its NAT, and the address that others see: `sourceAddress` is as the other end sees it. */
const isRight = (nat: ReturnType<typeof natOf>, { host, sourceAddress }: Trace): boolean =>
  host?.natType === nat && (nat === NO_NAT ? host.privateAddress : host.mappedAddress) === sourceAddress;
