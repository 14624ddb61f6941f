export { bitsPerSecond, type LoadSample, maxBitsPerSecond } from './demo/link-load.js';
export { type CommandEnvironment, runCommand } from './demo/run-command.js';
export { writeSampleFile } from './demo/sample-file.js';
export { startServices } from './demo/services.js';
export { type Subscriber, type SubscriberConfig, startSubscriber } from './demo/subscriber-process.js';
export { asGraph } from './demo/topology.js';
export { createProgram } from './program.js';
export { type AllInOne, type AllInOneConfig, createAllInOne } from './up/all-in-one.js';
