import { register } from 'node:module';

// Loaded before a transfer's process: what follows is the same transfer, with no receipt signed, kept or sent, and with a window
// that waits for none.

register('./receipts-off-hooks.js', import.meta.url);
