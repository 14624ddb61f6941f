import { accountingEndpoints, REPORT_SIGNATURE_HEADER, type ReportAnswer } from '@fairhop/shared/contract';
import { reportBytes, verify } from '@fairhop/shared/crypto';
import { FairhopError } from '@fairhop/shared/model';
import {
  type Clock,
  createAuthenticator,
  type HttpApp,
  type Principal,
  route,
} from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { KeyLookup } from './coordinator-keys.js';
import { createOverloadGate } from './overload-gate.js';
import { batchOfLines, type LooseBatch, looseBatchSchema } from './report-body.js';
import { type Reporter, verifyReporter } from './reporter.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** As the service kit keeps it: the decompressed bytes that a signature was made over. */
    rawBody: Buffer | null;
  }
  interface FastifyContextConfig {
    rawBody?: boolean;
  }
}

export interface ReportRouteConfig {
  /** Whose access tokens are taken. */
  readonly coordinatorId: string;
  /** Batches received and booked at the same time; each may hold `MAX_BATCH_BYTES` several times over. */
  readonly maxConcurrentBatches: number;
}

export interface ReportRouteDependencies {
  readonly keyOf: KeyLookup;
  readonly clock: Clock;
  /** Books it; what is answered is on disk. */
  readonly book: (batch: LooseBatch, reporter: Reporter) => Promise<ReportAnswer>;
}

/** 5,000 messages of a grant of 1 KiB, two receipts and their like, decompressed. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

interface ReporterPrincipal extends Principal {
  readonly reporter: Reporter;
}

/** `POST /v1/reports`, in JSON or NDJSON. */
export function addReportRoute(
  app: HttpApp,
  config: ReportRouteConfig,
  { keyOf, clock, book }: ReportRouteDependencies,
): void {
  const gate = createOverloadGate(config.maxConcurrentBatches);
  const authenticator = createAuthenticator({
    verify: async (token): Promise<ReporterPrincipal> => {
      const reporter = await verifyReporter(
        token,
        { keyOf, coordinatorId: config.coordinatorId },
        clock.nowMs(),
      );
      return { kind: reporter.role, id: reporter.key, reporter };
    },
  });
  // Both before the body is read, so that strangers and a rush cost little.
  app.addHook('onRequest', authenticator.requirePrincipal(['agent', 'edge']));
  app.addHook('onRequest', async (request, reply) => gate.enter(reply, request.ip));
  app.addHook('preValidation', async (request) => {
    if (isNdjson(request) && Array.isArray(request.body)) request.body = batchOfLines(request.body);
  });
  route(
    app,
    { ...accountingEndpoints.report, body: looseBatchSchema },
    { config: { rawBody: true }, bodyLimit: MAX_BATCH_BYTES },
    async ({ body, request }) => {
      const { reporter } = request.principal as ReporterPrincipal;
      checkSigner(body, reporter, request);
      return book(body, reporter);
    },
  );
}

function checkSigner(batch: LooseBatch, reporter: Reporter, request: FastifyRequest): void {
  if (batch.reporter !== reporter.key) {
    throw new FairhopError(
      'reporter-mismatch',
      `the batch is of ${batch.reporter}, the access token of ${reporter.key}; an agent or edge reports for itself`,
      { status: 403 },
    );
  }
  const header = request.headers[REPORT_SIGNATURE_HEADER];
  const signature = Buffer.from(typeof header === 'string' ? header : '', 'base64url');
  if (request.rawBody !== null && verify(reporter.key, reportBytes(request.rawBody), signature)) return;
  throw new FairhopError(
    'batch-forged',
    `the header ${REPORT_SIGNATURE_HEADER} is not ${reporter.key}'s signature over the uncompressed body`,
    { status: 403 },
  );
}

const isNdjson = (request: FastifyRequest): boolean =>
  request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === 'application/x-ndjson';
