import { coordinatorEndpoints } from '@fairhop/shared/contract';
import { type Authenticator, type HttpApp, type Logger, route } from '@fairhop/shared/service';
import type { SigningKeys } from './signing-keys.js';

export function addSigningKeyRoute(
  app: HttpApp,
  { signingKeys, auth, log }: { signingKeys: SigningKeys; auth: Authenticator; log: Logger },
): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  route(app, coordinatorEndpoints.rotateSigningKey, operator, async ({ body: { revokeOld } }) => {
    await signingKeys.rotate({ revokeOld });
    const publicKey = signingKeys.identity.key;
    log.warn({ publicKey, revokeOld }, 'another key signs from now on');
    return { publicKey, retired: [...signingKeys.retired()] };
  });
}
