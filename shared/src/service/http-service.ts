import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import rateLimitPlugin from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyServerOptions, LogController } from 'fastify';
import { jsonSchemaTransform, serializerCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { FairhopError } from '../model/errors.js';
import { errorCode } from './atomic-file.js';
import type { HttpApp } from './http-app.js';
import { registerBodyParsers } from './http-body.js';
import {
  answerBrokenConnection,
  answerError,
  listenError,
  notFound,
  validateBySchema,
} from './http-errors.js';
import { registerMetrics } from './http-metrics.js';
import { type ReadinessCheck, registerOperations } from './http-operations.js';
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
  /** Requests of one client address (one /64 of IPv6); routes may set their own in `config.rateLimit`. */
  rateLimit?: { max: number; timeWindowMs: number };
  /** How long the head (`headersMs`) and the whole of a request may take to arrive: bounds what slow clients hold. */
  arrivalTimeouts?: { headersMs: number; requestMs: number };
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
  const connections = trackConnections(app.server);
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
  registerBodyParsers(app);
  return app;
}

function registerPlugins(app: HttpApp, config: HttpServiceConfig): void {
  app.register(rateLimitPlugin, {
    global: config.rateLimit !== undefined,
    ...(config.rateLimit && { max: config.rateLimit.max, timeWindow: config.rateLimit.timeWindowMs }),
    errorResponseBuilder: (_request, { max, after }) => {
      const message = `more than ${max} requests from one address; try again in ${after}`;
      return new FairhopError('too-many-requests', message, { status: 429 });
    },
  });
  app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: `Fairhop ${config.name}`, version: '1' } },
    transform: jsonSchemaTransform,
  });
  app.register(swaggerUi, { routePrefix: '/docs' });
  app.after(() => {
    // A stranger who tries paths is bounded as one who knows them.
    const limits = config.rateLimit ? { preHandler: app.rateLimit() } : {};
    app.setNotFoundHandler(limits, (request) => {
      throw notFound(request);
    });
  });
}

function readTls({ certificateFile, keyFile }: { certificateFile: string; keyFile: string }): {
  cert: Buffer;
  key: Buffer;
} {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      const message = `TLS file ${file} cannot be read (${errorCode(error)}); a readable PEM file is right`;
      throw new FairhopError('invalid-config', message, { status: 400, cause: error });
    }
  };
  return { cert: read(certificateFile), key: read(keyFile) };
}

/** The open connections; the operating system's limit on file descriptors bounds them. */
function trackConnections(server: Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
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
