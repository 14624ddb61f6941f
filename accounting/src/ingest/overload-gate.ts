import { FairhopError } from '@fairhop/shared/model';
import { clientPlace } from '@fairhop/shared/net';
import type { FastifyReply } from 'fastify';

/**
 * Lets so many requests in at a time, at most half of them from one address (one /64 of IPv6): who sends slowly holds its place for a
 * minute, and keeps nobody else out. A request counts until its answer is out or its connection gone.
 */
export interface OverloadGate {
  /** Throws `overloaded` (503, with Retry-After). */
  enter(reply: FastifyReply, address: string): void;
}

const RETRY_AFTER_SECONDS = 1;

export function createOverloadGate(maximum: number): OverloadGate {
  const maximumOfPlace = Math.ceil(maximum / 2);
  const ofPlaces = new Map<string, number>();
  let inside = 0;
  return {
    enter(reply, address) {
      const place = clientPlace(address);
      const ofPlace = ofPlaces.get(place) ?? 0;
      if (inside >= maximum || ofPlace >= maximumOfPlace) {
        reply.header('retry-after', RETRY_AFTER_SECONDS);
        const batches = inside >= maximum ? `${inside} batches` : `${ofPlace} batches of your address`;
        const message = `${batches} are being booked; send it again in ${RETRY_AFTER_SECONDS} s`;
        throw new FairhopError('overloaded', message, { status: 503 });
      }
      inside += 1;
      ofPlaces.set(place, ofPlace + 1);
      reply.raw.once('close', () => {
        inside -= 1;
        const left = (ofPlaces.get(place) ?? 1) - 1;
        if (left > 0) ofPlaces.set(place, left);
        else ofPlaces.delete(place);
      });
    },
  };
}
