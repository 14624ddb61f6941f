export const differs = (what: string, told: unknown, right: unknown): Error =>
  new Error(`${what} ${JSON.stringify(told)}, but ${JSON.stringify(right)} is right`);
