export const createQueryEngine = (_: unknown) => ({
  ask: (_q: unknown): never => {
    throw new Error('x');
  },
});
export const auditLedger = (_: unknown): never => {
  throw new Error('x');
};
