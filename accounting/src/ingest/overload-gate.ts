import { FairhopError } from '@fairhop/shared/model';
import type { FastifyReply } from 'fastify';

/** Lets so many requests in at a time; a request counts until its answer is out or its connection gone. */
export interface OverloadGate {
  /** Throws `overloaded` (503, with Retry-After). */
  enter(reply: FastifyReply): void;
}

const RETRY_AFTER_SECONDS = 1;

export function createOverloadGate(maximum: number): OverloadGate {
  let inside = 0;
  return {
    enter(reply) {
      if (inside >= maximum) {
        reply.header('retry-after', RETRY_AFTER_SECONDS);
        const message = `${maximum} batches are being booked; send it again in ${RETRY_AFTER_SECONDS} s`;
        throw new FairhopError('overloaded', message, { status: 503 });
      }
      inside += 1;
      reply.raw.once('close', () => {
        inside -= 1;
      });
    },
  };
}
