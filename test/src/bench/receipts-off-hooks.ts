import type { ResolveHook } from 'node:module';

/** Modules of the agent, and what stands in for them. */
const standIns = new Map([
  ['client-agent/dist/peer/receipt-writer.js', './receipts-off-writer.js'],
  ['client-agent/dist/upload/upload-window.js', './receipts-off-window.js'],
]);

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  const standIn = [...standIns].find(([module]) => resolved.url.endsWith(`/${module}`))?.[1];
  return standIn === undefined ? resolved : { ...resolved, url: new URL(standIn, import.meta.url).href };
};
