export { createSignalRelay, type SignalRelay } from './relay.js';
