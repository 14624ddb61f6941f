import { readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import rateLimitPlugin from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyServerOptions, LogController } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { requirePrivateTlsKey } from '../crypto/private-file.js';
import { FairhopError } from '../model/errors.js';
import { clientPlace } from '../net/client-place.js';
import { errorCode } from './atomic-file.js';
import type { HttpApp } from './http-app.js';
import { registerBodyParsers } from './http-body.js';
import { documentOptions } from './http-document.js';
import {
  answerBrokenConnection,
  answerError,
  listenError,
  notFound,
  validateBySchema,
} from './http-errors.js';
import { registerMetrics } from './http-metrics.js';
import { type ReadinessCheck, registerOperations } from './http-operations.js';
import { type RecordedWrite, registerTrail } from './http-trail.js';
import type { Service } from './lifecycle.js';

/** For the configuration of a service. */
export const tlsFilesSchema = z.strictObject({
  certificateFile: z.string().min(1),
  keyFile: z.string().min(1),
});

export interface HttpServiceConfig {
  name: string;
  host: string;
  /** 0 takes any free port; `url` tells which. */
  port: number;
  log: Logger;
  /** PEM files; without them the service speaks plain HTTP. */
  tls?: z.output<typeof tlsFilesSchema>;
  /** Largest body, decompressed, of routes that do not set their own `bodyLimit`. */
  bodyLimitBytes: number;
  /** With it, `/metrics` takes this bearer token. */
  operatorToken?: string;
  /** Requests of one client address (one /64 of IPv6), whatever they ask for. */
  rateLimit?: { max: number; timeWindowMs: number };
  /** Connections of one client address (one /64 of IPv6), WebSockets among them. */
  maxConnectionsPerAddress?: number;
  /** How long the head (`headersMs`) and the whole of a request may take to arrive: bounds what slow clients hold. */
  arrivalTimeouts?: { headersMs: number; requestMs: number };
  /** Told of each write before its answer is sent; when it throws, the answer is an error. */
  recordWrite?: (write: RecordedWrite) => void;
  /** How long `stop` lets requests under way finish before it cuts their connections. */
  stopGraceMs?: number;
}

export interface HttpService extends Service {
  /** Adds routes, before `start`. They appear in `/docs`. */
  routes(add: (app: HttpApp) => void | Promise<void>): void;
  /** A name and what must hold for the service to be ready. */
  addReadinessCheck(name: string, check: ReadinessCheck): void;
  /** For the service's own metrics. */
  readonly registry: Registry;
  /** For WebSocket upgrades. */
  readonly server: Server;
  /** Base URL, once started. */
  readonly url: string;
  /** Throws `port-in-use`, `address-not-available`, `port-not-permitted`. */
  start(): Promise<void>;
}

const defaultArrivalTimeouts = { headersMs: 10_000, requestMs: 60_000 };
const defaultStopGraceMs = 3000;
/** Enough for all behind one carrier-grade NAT, and few enough to leave others their file descriptors. */
const defaultMaxConnectionsPerAddress = 4_096;
/** Far above what an agent, an edge or a person asks for. */
const defaultRateLimit = { max: 30_000, timeWindowMs: 60_000 };
/** Addresses whose requests are counted at a time; 200 bytes each. */
const maxCountedAddresses = 50_000;
/** A connection on which nothing moves, in either direction, while an answer is due. */
const idleTimeoutMs = 120_000;
const keepAliveTimeoutMs = 30_000;

/**
 * An HTTP service as all of Fairhop has them: zod schemas on routes, errors as problem+json, gzip and NDJSON bodies,
 * OpenAPI at `/docs`, `/healthz`, `/readyz`, `/metrics`, rate limits, bounded stop.
 */
export function createHttpService(config: HttpServiceConfig): HttpService {
  const app = createApp(config);
  const checks = new Map<string, ReadinessCheck>();
  const registry = registerMetrics(app, config.name);
  const connections = trackConnections(
    app.server,
    config.maxConnectionsPerAddress ?? defaultMaxConnectionsPerAddress,
  );
  registerPlugins(app, config);
  app.register(async (inner: HttpApp) => {
    registerOperations(inner, { name: config.name, checks, registry, operatorToken: config.operatorToken });
  });
  let url: string | undefined;
  let stopping: Promise<void> | undefined;

  const start = async (): Promise<void> => {
    try {
      await app.listen({
        host: config.host,
        port: config.port,
        listenTextResolver: (address) => `${config.name} listens on ${address}`,
      });
    } catch (error) {
      await app.close();
      throw listenError(error, config.name, config.host, config.port);
    }
    url = urlOf(config, app.server.address() as AddressInfo);
  };
  const stop = async (): Promise<void> => {
    const cut = setTimeout(() => destroyAll(connections), config.stopGraceMs ?? defaultStopGraceMs);
    try {
      await app.close();
    } finally {
      clearTimeout(cut);
      // Upgraded connections are no longer the HTTP server's, so that it does not wait for them.
      destroyAll(connections);
    }
  };
  return {
    registry,
    server: app.server,
    get url() {
      if (url === undefined) throw new Error(`${config.name} has no URL before it is started`);
      return url;
    },
    routes: (add) => {
      app.register(async (inner: HttpApp) => add(inner));
    },
    addReadinessCheck: (name, check) => {
      checks.set(name, check);
    },
    start,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function createApp(config: HttpServiceConfig): HttpApp {
  const arrival = config.arrivalTimeouts ?? defaultArrivalTimeouts;
  const serverOptions = {
    headersTimeout: arrival.headersMs,
    requestTimeout: arrival.requestMs,
    // How often Node looks for connections past these times.
    connectionsCheckingInterval: Math.max(50, Math.min(5000, arrival.headersMs / 4)),
    ...(config.tls && readTls(config.tls)),
  };
  const options = {
    loggerInstance: config.log,
    // Fastify would log whole addresses; the line of `registerMetrics` says as much.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.bodyLimitBytes,
    // A component id has up to 600 characters, and three times as many where all of them are encoded.
    routerOptions: { maxParamLength: 1800 },
    requestTimeout: arrival.requestMs,
    connectionTimeout: idleTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerBrokenConnection,
    frameworkErrors: answerError,
    [config.tls ? 'https' : 'http']: serverOptions,
  };
  const app = fastify(options as unknown as FastifyServerOptions) as unknown as HttpApp;
  app.setValidatorCompiler(validateBySchema);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.decorateRequest('principal', null);
  app.decorateRequest('trailActor', null);
  app.decorateRequest('trailOrganisation', null);
  registerBodyParsers(app);
  registerTrail(app, config.recordWrite ?? (() => undefined));
  return app;
}

function registerPlugins(app: HttpApp, config: HttpServiceConfig): void {
  const { max, timeWindowMs } = config.rateLimit ?? defaultRateLimit;
  app.register(rateLimitPlugin, {
    global: false,
    cache: maxCountedAddresses,
    max,
    timeWindow: timeWindowMs,
    errorResponseBuilder: (_request, { after }) => {
      const message = `more than ${max} requests from one address; try again in ${after}`;
      return new FairhopError('too-many-requests', message, { status: 429 });
    },
  });
  // Before all hooks of routes: who guesses tokens, or tries paths, is bounded as one who knows them.
  app.after(() => {
    app.addHook('onRequest', app.rateLimit());
  });
  app.register(swagger, documentOptions(config.name));
  app.register(swaggerUi, { routePrefix: '/docs' });
  app.after(() => {
    app.setNotFoundHandler((request) => {
      throw notFound(request);
    });
  });
}

function readTls({ certificateFile, keyFile }: { certificateFile: string; keyFile: string }): {
  cert: Buffer;
  key: Buffer;
} {
  const read = (file: string, isKey: boolean): Buffer => {
    try {
      if (isKey) requirePrivateTlsKey(file, statSync(file));
      return readFileSync(file);
    } catch (error) {
      if (error instanceof FairhopError) throw error;
      const message = `TLS file ${file} cannot be read (${errorCode(error)}); a readable PEM file is right`;
      throw new FairhopError('invalid-config', message, { status: 400, cause: error });
    }
  };
  return { cert: read(certificateFile, false), key: read(keyFile, true) };
}

/** The open connections; those of an address past its bound are cut before they say anything. */
function trackConnections(server: Server, maxPerAddress: number): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  const byPlace = new Map<string, number>();
  server.on('connection', (socket) => {
    const place = clientPlace(socket.remoteAddress);
    const count = (byPlace.get(place) ?? 0) + 1;
    if (count > maxPerAddress) {
      socket.destroy();
      return;
    }
    byPlace.set(place, count);
    connections.add(socket);
    socket.once('close', () => {
      connections.delete(socket);
      const left = (byPlace.get(place) ?? 1) - 1;
      if (left > 0) byPlace.set(place, left);
      else byPlace.delete(place);
    });
  });
  return connections;
}

function destroyAll(connections: ReadonlySet<Socket>): void {
  for (const socket of connections) socket.destroy();
}

function urlOf({ tls, host }: HttpServiceConfig, { port }: AddressInfo): string {
  // Listening on every address, the service is reached from here on loopback.
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `${tls ? 'https' : 'http'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
