import { edgeConfigSchema } from '../config.js';
import { createEdge } from '../edge.js';
import { silentLog } from './test-coordinator.js';

// An edge as a process of its own, for tests that kill it: configuration as an argument, URL on standard output.
const edge = createEdge(edgeConfigSchema.parse(JSON.parse(process.argv[2]!)), { log: silentLog });
await edge.start();
process.stdout.write(`${edge.url}\n`);
